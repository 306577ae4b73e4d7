import { describe, expect, it } from 'vitest'
import * as names from '../src/index.ts'

const llmfetch: { [name: string]: unknown } = { ...names }

describe('the package', () => {
  it.each([
    'createClient',
    'createChatCompletion',
    'streamChatCompletion',
    'createEmbedding',
    'listModels',
    'retrieveModel',
    'textStream',
    'collectText',
    'finalCompletion',
    'teeStream',
    'toSSEResponse',
    'retry',
    'timeout',
    'compose',
    'chat',
    'validateRequest',
    'isLLMError',
  ])('has the function %s', name => {
    const value = llmfetch[name]
    expect(value).toBeTypeOf('function')
    expect((value as () => void).name).toBe(name)
  })

  it.each(['LLMClient', 'ChatCompletionStream', 'LLMError', 'APIError', 'TimeoutError'])(
    'has the class %s',
    name => {
      expect(llmfetch[name]).toHaveProperty('prototype')
    },
  )

  it('has a class for every error that it names, and names it as the class is named', () => {
    const errors = Object.entries(llmfetch).filter(
      ([name]) => name.endsWith('Error') && name !== 'isLLMError',
    )
    expect(errors.length).toBeGreaterThanOrEqual(18)
    for (const [name, error] of errors) expect((error as { name: string }).name).toBe(name)
  })

  it('has no default export, and only names that are documented as public', () => {
    expect(Object.keys(llmfetch)).not.toContain('default')
    for (const name of Object.keys(llmfetch)) expect(name).toMatch(/^[a-zA-Z]+$/)
  })
})
