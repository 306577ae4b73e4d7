import type { ModelResponse } from './types.ts'

/**
 * Joins the texts of a response: all parts `output_text` of its messages. It is empty where there are none.
 *
 * @example
 * const text = outputText(await createResponse(client, { model: 'gpt-5', input: 'Hi' }))
 */
export function outputText({ output }: Pick<ModelResponse, 'output'>): string {
  let text = ''
  for (const item of output)
    if (item.type === 'message')
      for (const part of item.content ?? []) if (part.type === 'output_text') text += part.text ?? ''
  return text
}
