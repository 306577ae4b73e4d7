import { describe, expect, it } from 'vitest'
import { callOf, responseDialect } from '../../src/responses/tool-dialect.ts'
import type { InputItem } from '../../src/responses/types.ts'

const { openCalls } = responseDialect
const idsOf = (items: readonly object[]) => openCalls(items as InputItem[]).map(({ id }) => id)

describe('the calls that wait for an answer', () => {
  it.each([
    ['custom_tool_call', 'custom_tool_call_output'],
    ['computer_call', 'computer_call_output'],
    ['shell_call', 'shell_call_output'],
    ['apply_patch_call', 'apply_patch_call_output'],
    ['function_call', 'function_call_output'],
  ])('are those of every type that the caller answers: %s', (type, answer) => {
    const call = { type, id: 'item_1', callId: 'call_1' }
    expect(idsOf([call])).toEqual(['call_1'])
    expect(idsOf([call, { type: answer, callId: 'call_1' }])).toEqual([])
    expect(idsOf([call, { type: answer, call_id: 'call_1' }])).toEqual([])
    expect(idsOf([call, { type: answer, callId: 'call_2' }])).toEqual(['call_1'])
  })

  it('are those of the last answer where a service begins anew with its ids', () => {
    const call = { type: 'function_call', callId: 'get_weather:0' }
    const answer = { type: 'function_call_output', callId: 'get_weather:0' }
    expect(idsOf([call, answer, call])).toEqual(['get_weather:0'])
    expect(idsOf([call, answer, call, answer])).toEqual([])
  })

  it('have their arguments as JSON, where a service sends an object', () => {
    const call = callOf({ type: 'function_call', callId: 'c', name: 'f', arguments: { city_name: 'Rome' } })
    expect(call?.function.arguments).toBe('{"city_name":"Rome"}')
  })

  it('are approvals for MCP, and local commands, which an answer knows by other names', () => {
    const asked = { type: 'mcp_approval_request', id: 'mcpr_1', name: 'delete', arguments: '{}' }
    expect(openCalls([asked as InputItem])).toEqual([asked])
    expect(
      idsOf([asked, { type: 'mcp_approval_response', approvalRequestId: 'mcpr_1', approve: true }]),
    ).toEqual([])
    const local = { type: 'local_shell_call', id: 'lsh_1', callId: 'call_1' }
    expect(idsOf([local, { type: 'local_shell_call_output', id: 'call_1', output: '' }])).toEqual([])
  })

  it('are none that the service runs itself', () => {
    for (const type of [
      'web_search_call',
      'file_search_call',
      'code_interpreter_call',
      'mcp_call',
      'message',
    ])
      expect(idsOf([{ type, id: 'x_1' }])).toEqual([])
    expect(idsOf([{ type: 'program', id: 'x_1', callId: 'call_1' }])).toEqual([])
    expect(idsOf([{ role: 'user', content: 'Hi' }])).toEqual([])
  })

  it('keep the members of an item that is no function', () => {
    expect(
      callOf({ type: 'custom_tool_call', id: 'i', callId: 'c', name: 'sql', input: 'select 1' }),
    ).toEqual({
      type: 'custom_tool_call',
      id: 'c',
      callId: 'c',
      name: 'sql',
      input: 'select 1',
    })
  })
})
