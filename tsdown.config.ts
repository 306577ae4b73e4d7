import { defineConfig, type UserConfig } from 'tsdown'

// One file an entry, and few for what entries share: Node spends most of an import on finding and opening files. Bundlers still
// drop what nobody imports, as each call at the top level of a module is marked as pure.
const config: UserConfig = defineConfig({
  // An entry is also listed in package.json (`exports`, `typesVersions`) and in jsr.json.
  entry: [
    'src/index.ts',
    'src/interceptors/index.ts',
    'src/mcp/index.ts',
    'src/openai/index.ts',
    'src/otel/index.ts',
    'src/relay/index.ts',
    'src/responses/index.ts',
    'src/testing/index.ts',
    'src/testing/server.ts',
  ],
  platform: 'neutral',
  target: 'es2022',
  hash: false,
  outputOptions: {
    chunkFileNames: 'shared/[name].js',
    // By default each set of entries gets a file of what just they share, and the root would load ten. Declarations stay apart, or
    // they would end up in the same file as the code.
    codeSplitting: {
      groups: [
        { name: 'model', test: /\/src\/testing\/.*(?<!\.d)\.ts$/, minShareCount: 2 },
        { name: 'core', test: /(?<!\.d)\.ts$/, minShareCount: 2 },
      ],
    },
  },
  // An inlined constant leaves a bare import behind, which bundlers warn of.
  inputOptions: { optimization: { inlineConst: false } },
  dts: true,
  // `Symbol.asyncDispose` is not among the types of ES2022 that many projects have.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  // The few parts of valibot that the schemas are made of: to find and open all of it takes longer than all the rest.
  deps: { neverBundle: [/^node:/], alwaysBundle: ['valibot'], dts: { neverBundle: ['valibot'] } },
})

export default config
