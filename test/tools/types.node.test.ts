import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { root } from '../package/built.ts'

const PATH = join(root, 'test/types/program.ts')
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
}

/** A program of one file that is not there. */
function compile(text: string): { program: ts.Program; file: ts.SourceFile } {
  const host = ts.createCompilerHost(OPTIONS)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = path => path === PATH || fileExists.call(host, path)
  host.readFile = path => (path === PATH ? text : readFile.call(host, path))
  host.getSourceFile = (path, ...more) =>
    path === PATH
      ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
      : getSourceFile.call(host, path, ...more)
  const program = ts.createProgram([PATH], OPTIONS, host)
  return { program, file: program.getSourceFile(PATH)! }
}

function errorsOf(program: ts.Program, file: ts.SourceFile): string[] {
  return [...program.getSemanticDiagnostics(file), ...program.getSyntacticDiagnostics(file)].map(
    ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'),
  )
}

const SCHEMAS = `
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { z } from 'zod'

export const byZod = z.object({
  city: z.string().describe('A city'),
  unit: z.enum(['c', 'f']),
  days: z.array(z.object({ date: z.iso.date(), night: z.boolean().optional() })).min(1),
})
export const byValibot = toStandardJsonSchema(v.object({
  city: v.pipe(v.string(), v.minLength(1)),
  unit: v.picklist(['c', 'f']),
  days: v.array(v.object({ date: v.string(), night: v.optional(v.boolean()) })),
}))
export const byArktype = type({
  city: 'string > 0',
  unit: "'c' | 'f'",
  days: type({ date: 'string', 'night?': 'boolean' }).array(),
})
`
const USES = `
import { type Client, generateObject, runTools, streamObject, streamTools, tool } from '../../src/index.ts'
declare const client: Client
const messages = [{ role: 'user' as const, content: 'Hi' }]
export const one = tool({ name: 'one', input: byZod, execute: ({ days }) => days[0]?.date })
export const two = tool({ name: 'two', input: byValibot, execute: ({ days }) => days[0]?.date })
export const three = tool({ name: 'three', input: byArktype, execute: ({ days }) => days[0]?.date })
export const run = runTools(client, { model: 'm', messages, tools: [one, two, three] })
for await (const event of streamTools(client, { model: 'm', messages, tools: [one, two, three] }))
  if (event.type === 'text') console.log(event.delta)
for await (const part of streamObject(client, { model: 'm', messages }, byZod)) console.log(part.days?.[0]?.date)
for await (const part of streamObject(client, { model: 'm', messages }, byValibot)) console.log(part.days?.[0]?.date)
for await (const part of streamObject(client, { model: 'm', messages }, byArktype)) console.log(part.days?.[0]?.date)
export const a = (await generateObject(client, { model: 'm', messages }, byZod)).parsed.unit
export const b = (await generateObject(client, { model: 'm', messages }, byValibot)).parsed.unit
export const c = (await generateObject(client, { model: 'm', messages }, byArktype)).parsed.unit
`

/** What an editor shows of a variable. */
function hoverOf(program: ts.Program, file: ts.SourceFile, name: string): string {
  const checker = program.getTypeChecker()
  let shown = ''
  const visit = (node: ts.Node): void => {
    if (
      ts.isCallExpression(node) &&
      ts.isVariableDeclaration(node.parent) &&
      node.parent.name.getText() === name
    ) {
      const signature = checker.getResolvedSignature(node)!
      shown = `${node.expression.getText()}${checker.signatureToString(signature)}`
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return shown
}

describe('the types of tools and objects', { timeout: 120_000 }, () => {
  const { program, file } = compile(SCHEMAS + USES)

  it('compile with three validators in one file, and nothing is "excessively deep"', () => {
    expect(errorsOf(program, file)).toEqual([])
  })

  it('cost the compiler little more than the validators do', () => {
    const alone = compile(SCHEMAS)
    expect(errorsOf(alone.program, alone.file)).toEqual([])
    const instantiations = program.getInstantiationCount() - alone.program.getInstantiationCount()
    expect(instantiations).toBeLessThan(6000)
  })

  it.each(['one', 'two', 'three'])('show the value of an input in a hover, not its schema: %s', name => {
    const hover = hoverOf(program, file, name)
    expect(hover).toContain('city: string; unit: "c" | "f"; days:')
    expect(hover).not.toMatch(/Zod|Object|Schema</)
    expect(hover.length).toBeLessThan(400)
  })
})
