// Writes the API reference as Markdown pages, of the sources: a folder for each public entry, a page for each name. The entry with
// OpenAI's whole API has a page for each of its tags.

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Application, Comment, Converter, ReflectionKind } from 'typedoc'
import { MemberRouter, ModuleRouter } from 'typedoc-plugin-markdown'
import { generated, manifest, root } from './paths.mjs'

const entries = Object.values(manifest.exports)
  .filter(file => file.endsWith('.js'))
  .map(file => file.replace('./dist', 'src').replace(/\.js$/, '.ts'))

/** The files that `llmfetch/openai` is put together from. */
const tags = [
  ...readFileSync(join(root, 'src/openai/index.ts'), 'utf8').matchAll(
    /^export (?:type )?\* from '\.\/(.+)'/gm,
  ),
].map(([, file]) => `src/openai/${file}`)

const OPENAI = `${manifest.name}/openai`

function isTag({ name }) {
  return name.startsWith(`${OPENAI}/`)
}

class SiteRouter extends MemberRouter {
  buildChildPages(reflection, pages) {
    const router = isTag(reflection) || isTag(reflection.parent) ? ModuleRouter : MemberRouter
    router.prototype.buildChildPages.call(this, reflection, pages)
  }
}

/** TypeDoc leaves out the class in `@throws {Class} when`, which is what a reader asks for. One list has all of them. */
function nameThrown(comment, classes) {
  const thrown = comment.getTags('@throws')
  if (!thrown.length) return
  const [first] = thrown
  first.content = thrown.flatMap(({ typeAnnotation = '', content }) => {
    const name = typeAnnotation.replace(/[{}]/g, '')
    const target = classes.get(name)
    const link = target
      ? { kind: 'inline-tag', tag: '@link', text: name, target }
      : { kind: 'code', text: `\`${name}\`` }
    return [{ kind: 'text', text: '\n- ' }, link, { kind: 'text', text: ' ' }, ...content]
  })
  comment.blockTags = comment.blockTags.filter(tag => tag === first || !thrown.includes(tag))
}

/** What the entry with the whole API says of its tags, in place of hundreds of names that it passes on. */
function listTags(modules) {
  const rows = modules.filter(isTag).map(module => {
    const functions = module.getChildrenByKind(ReflectionKind.Function).map(({ name }) => `\`${name}\``)
    const tag = module.name.slice(OPENAI.length + 1)
    return `| [${tag}](${tag}/index.md) | ${functions.join(', ')} |`
  })
  return new Comment([{ kind: 'text', text: ['| Tag | Functions |', '| --- | --- |', ...rows].join('\n') }])
}

function prepare({ project }) {
  const modules = project.getChildrenByKind(ReflectionKind.Module)
  for (const module of modules) module.name = join(manifest.name, module.name.replace(/(^|\/)index$/, ''))
  const openai = modules.find(({ name }) => name === OPENAI)
  for (const name of openai.getChildrenByKind(ReflectionKind.Reference)) project.removeReflection(name)
  openai.comment = listTags(modules)
  const classes = new Map(
    project.getReflectionsByKind(ReflectionKind.Class).map(reflection => [reflection.name, reflection]),
  )
  for (const { comment } of Object.values(project.reflections)) if (comment) nameThrown(comment, classes)
}

const LAST = -10_000

/** The Markdown gives a constructor no anchor, and links to it all the same from the classes that inherit it. */
function dropConstructorLinks({ project }) {
  const kinds = ReflectionKind.Constructor | ReflectionKind.ConstructorSignature
  for (const reflection of project.getReflectionsByKind(kinds)) {
    delete reflection.inheritedFrom
    delete reflection.overwrites
  }
}

export async function writeApi() {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: [...entries, ...tags].map(file => join(root, file)),
    tsconfig: join(root, 'tsconfig.json'),
    // `npm run typecheck` finds the errors.
    skipErrorChecking: true,
    logLevel: 'Error',
    plugin: ['typedoc-plugin-markdown', application => application.renderer.defineRouter('site', SiteRouter)],
    router: 'site',
    out: join(generated, 'api'),
    name: 'API reference',
    readme: 'none',
    disableSources: true,
    preservedTypeAnnotationTags: ['@throws'],
    excludeInternal: true,
    excludeExternals: true,
    excludePrivate: true,
    kindSortOrder: ['Function', 'Class', 'Variable', 'Interface', 'TypeAlias', 'Reference'],
    groupOrder: ['Functions', 'Classes', 'Variables', 'Interfaces', 'Type Aliases', '*'],
    entryFileName: 'index',
    indexFormat: 'table',
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    classPropertiesFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    tableColumnSettings: {
      hideDefaults: true,
      hideInherited: true,
      hideOverrides: true,
      hideModifiers: true,
      hideSources: true,
    },
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    useCustomAnchors: true,
    // A member may be called as its page is, or as another heading: the names of members are their own.
    anchorPrefix: 'member-',
    pageTitleTemplates: {
      index: 'API reference',
      module: ({ name }) => name.replace(/(.+\/openai)\//, '$1: '),
      member: ({ name }) => name,
    },
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, prepare)
  app.converter.on(Converter.EVENT_RESOLVE_END, dropConstructorLinks, LAST)
  const project = await app.convert()
  if (!project) throw new Error('TypeDoc could not read the sources.')
  await app.generateOutputs(project)
  // pages/api.md says more than a list of the modules.
  rmSync(join(generated, 'api/index.md'))
}
