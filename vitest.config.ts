import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { hasChromium, launchOptions } from './test/support/chromium.ts'

const exclude = ['test/**/*.node.test.ts']
// Slow work from end to end: the packed package, the types of a program that uses it, the examples, the code of the pages.
const endToEnd = ['test/{package,examples,snippets}/**/*.test.ts']

const node = {
  test: { name: 'node', include: ['test/**/*.test.ts'], exclude: endToEnd, environment: 'node' as const },
}

const ofPackage = { test: { name: 'package', include: endToEnd, environment: 'node' as const } }

const workerd = {
  plugins: [
    cloudflareTest({
      miniflare: {
        compatibilityDate: '2025-06-01',
        compatibilityFlags: ['nodejs_compat', 'unhandled_rejection_after_microtask_checkpoint'],
      },
    }),
  ],
  test: { name: 'workerd', include: ['test/**/*.test.ts'], exclude },
}

const browser = {
  optimizeDeps: { include: ['eventsource-parser', 'valibot', 'ofetch', 'fast-check'] },
  test: {
    name: 'chromium',
    include: ['test/**/*.test.ts'],
    exclude,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions }),
      instances: [{ browser: 'chromium' as const }],
    },
  },
}

const config: ViteUserConfig = defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    // Some wait for limits of seconds, and the machine may be busy.
    testTimeout: 30_000,
    projects: [node, ofPackage, workerd, ...(hasChromium ? [browser] : [])].map(project => ({
      ...project,
      extends: true as const,
    })),
  },
})

export default config
