import { type FetchPolicy, policy } from '../call/policy.ts'

/** Adds to an error's message what to look at next. It stands innermost: nobody may have read the error's stack before. */
export const hints: FetchPolicy = /* @__PURE__ */ policy('hints', async ({ call, headers }, send) => {
  try {
    return await send()
  } catch (error) {
    const { name, status, code, message } = Object(error)
    const isSigned = call?.key || /auth|key/.test(`${Object.keys(headers)}`)
    // The platform tells a page nothing.
    const isUntold = name === 'ConnectionError' && !code && /^Mozilla/.test(globalThis.navigator?.userAgent)
    const hint =
      (isUntold && 'CORS, mixed content or no network: the console tells') ||
      (status === 401 && !isSigned && 'no apiKey was set, nor LLM_API_KEY')
    throw hint ? Object.assign(error as Error, { message: `${message} (${hint})` }) : error
  }
})
