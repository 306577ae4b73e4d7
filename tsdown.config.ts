import { defineConfig, type UserConfig } from 'tsdown'

// One output file a source file: bundled into one, esbuild keeps the schemas of endpoints that nobody imported.
const config: UserConfig = defineConfig({
  entry: ['src/index.ts', 'src/testing/index.ts', 'src/testing/server.ts'],
  platform: 'neutral',
  target: 'es2022',
  unbundle: true,
  // An inlined constant leaves a bare import behind, which bundlers warn of.
  inputOptions: { optimization: { inlineConst: false } },
  dts: true,
  plugins: [
    {
      name: 'no-bare-imports',
      // Where the one value that a file imports was inlined, its import stays, as if for side effects. The package has none, and
      // whoever bundles it would be warned.
      generateBundle(_, files) {
        for (const file of Object.values(files))
          if (file.type === 'chunk') file.code = file.code.replace(/^import "\.[^"]*";\n/gm, '')
      },
    },
  ],
  deps: { neverBundle: [/^node:/] },
})

export default config
