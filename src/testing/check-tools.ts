import { isObject, type JsonObject } from './json.ts'
import { refuse } from './service-error.ts'

/** Throws the 400 for tools, or a choice of one, that the service would not take. */
export function checkTools({ tools: given, tool_choice: choice }: JsonObject): void {
  const tools = given ?? undefined
  if (tools !== undefined) {
    if (!Array.isArray(tools) || tools.length === 0) {
      refuse("Invalid 'tools': expected at least one tool.", 'tools', 'empty_array')
    }
    tools.forEach(checkTool)
  }
  if (choice === undefined || choice === null) return
  if (tools === undefined) refuse("'tool_choice' is only allowed when 'tools' are specified.", 'tool_choice')
  checkChoice(choice, tools as JsonObject[])
}

function checkTool(tool: unknown, i: number): void {
  const path = `tools[${i}]`
  if (!isObject(tool)) refuse(`Invalid type for '${path}': expected an object.`, path, 'invalid_type')
  if (typeof tool.type !== 'string') {
    refuse(`Missing required parameter: '${path}.type'.`, `${path}.type`, 'missing_required_parameter')
  }
  if (tool.type !== 'function') return
  const name = isObject(tool.function) ? tool.function.name : undefined
  if (typeof name !== 'string' || name === '') {
    refuse(
      `Missing required parameter: '${path}.function.name'.`,
      `${path}.function.name`,
      'missing_required_parameter',
    )
  }
  if (!/^[\w-]{1,64}$/.test(name)) {
    refuse(
      `Invalid '${path}.function.name': expected at most 64 of a-z, A-Z, 0-9, _ and -.`,
      `${path}.function.name`,
    )
  }
}

function checkChoice(choice: unknown, tools: JsonObject[]): void {
  if (typeof choice === 'string') {
    if (!['none', 'auto', 'required'].includes(choice))
      refuse("Invalid value for 'tool_choice'.", 'tool_choice')
    return
  }
  if (!isObject(choice)) refuse("Invalid type for 'tool_choice'.", 'tool_choice', 'invalid_type')
  if (choice.type !== 'function') return
  const name = isObject(choice.function) ? choice.function.name : undefined
  if (typeof name !== 'string') {
    refuse(
      "Missing required parameter: 'tool_choice.function.name'.",
      'tool_choice.function.name',
      'missing_required_parameter',
    )
  }
  if (!tools.some(tool => isObject(tool.function) && tool.function.name === name)) {
    refuse(`Tool choice '${name}' not found in 'tools' parameter.`, 'tool_choice')
  }
}
