import { copyFileSync, globSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { defineConfig } from 'vitepress'
import { base, folder, manifest, moved, repository, root } from '../paths.mjs'
import { slugify, useRepositoryPages } from './links.mjs'
import { apiSidebar, guideSidebar } from './sidebar.mjs'

/** All of a guide, but only the name and the first words of what the reference has: the index is loaded whole. */
function renderForSearch(source, env, md) {
  const [, title, text = ''] = env.relativePath.includes('/api/')
    ? (/^(# .+\n)(?:\n```[\s\S]*?```\n)?\n((?:[^#\n|].*\n)*)/.exec(source) ?? [])
    : []
  return md.render(title ? title + text : source, env)
}

/** Pages outside of this folder would not find its Vue. */
const findVue = {
  name: 'find-vue',
  enforce: 'pre',
  resolveId(source, _importer, { ssr }) {
    if (!/^vue(\/|$)/.test(source)) return undefined
    if (ssr) return { id: source, external: true }
    return this.resolve(source, join(folder, 'package.json'), { skipSelf: true })
  },
}

const guide = guideSidebar()

export default defineConfig({
  title: manifest.name,
  description: manifest.description,
  base,
  lang: 'en',
  cleanUrls: true,
  // Or each page repeats what all of them share, which is more than most pages.
  metaChunk: true,
  // The pages stay where GitHub shows them.
  srcDir: root,
  srcExclude: ['{bench,dist,e2e,examples,generator,scripts,src,test}/**', 'site/*.md'],
  rewrites: { ...moved, 'site/pages/:page': ':page', 'site/generated/:path*': ':path*' },
  outDir: join(folder, '.vitepress/dist'),
  cacheDir: join(folder, '.vitepress/cache'),
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}logo.svg` }]],
  markdown: {
    // The plain light theme is too pale on the grey of code.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
    anchor: { slugify },
    config: useRepositoryPages,
  },
  themeConfig: {
    logo: '/logo.svg',
    search: { provider: 'local', options: { _render: renderForSearch } },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Guide', link: '/overview', activeMatch: '^/(overview|docs/)' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      { text: 'Try it', link: '/try' },
      {
        text: manifest.version,
        items: [
          { text: 'Changelog', link: '/changelog' },
          { text: 'npm', link: `https://www.npmjs.com/package/${manifest.name}` },
        ],
      },
    ],
    sidebar: { '/api/': apiSidebar(), '/': guide },
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: { text: 'Edit this page on GitHub', pattern: `${repository}/edit/main/:path` },
  },
  // There is nothing on GitHub to edit of what was generated.
  transformPageData: ({ filePath, frontmatter }) =>
    filePath.startsWith('site/generated/') ? { frontmatter: { ...frontmatter, editLink: false } } : undefined,
  vite: {
    plugins: [findVue],
    publicDir: join(folder, 'public'),
    resolve: {
      alias: [
        { find: /^llmfetch$/, replacement: join(root, 'src/index.ts') },
        { find: /^llmfetch\/testing$/, replacement: join(root, 'src/testing/index.ts') },
      ],
    },
  },
  // What a language model reads: the list of pages, and the pages as they were written.
  buildEnd({ outDir }) {
    for (const file of globSync(['llms.txt', '*.md', 'docs/*.md'], { cwd: root })) {
      mkdirSync(dirname(join(outDir, file)), { recursive: true })
      copyFileSync(join(root, file), join(outDir, file))
    }
  },
})
