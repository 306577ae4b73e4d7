import { defineConfig, type UserConfig } from 'tsdown'

// One output file a source file: bundled into one, esbuild keeps the schemas of endpoints that nobody imported.
const config: UserConfig = defineConfig({
  entry: ['src/index.ts', 'src/interceptors/index.ts', 'src/relay/index.ts', 'src/testing/index.ts', 'src/testing/server.ts'],
  platform: 'neutral',
  target: 'es2022',
  unbundle: true,
  // An inlined constant leaves a bare import behind, which bundlers warn of.
  inputOptions: { optimization: { inlineConst: false } },
  dts: true,
  // `Symbol.asyncDispose` is not among the types of ES2022 that many projects have.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  deps: { neverBundle: [/^node:/] },
})

export default config
