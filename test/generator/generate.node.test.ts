import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Description, readDescription, type Schema } from '../../generator/description.ts'
import { emit } from '../../generator/emit.ts'
import { format, generate, root, wireNames } from '../../generator/generate.ts'
import { type Overrides, overrides } from '../../generator/overrides.ts'
import { makePlan } from '../../generator/plan.ts'
import { functionName, readWords } from '../../generator/words.ts'

const description = readDescription()

/** The description with one operation more, and what it needs. */
function withOperation(
  id: string,
  schemas: { readonly [name: string]: Schema },
  request?: Schema,
  answer: Schema = { $ref: '#/components/schemas/DeleteFileResponse' },
): Description {
  const operation = {
    operationId: id,
    tags: ['Files'],
    ...(request && { requestBody: { required: true, content: { 'application/json': { schema: request } } } }),
    responses: { 200: { content: { 'application/json': { schema: answer } } } },
  }
  return {
    ...description,
    paths: { ...description.paths, '/files/list': { post: operation } },
    components: { schemas: { ...description.components.schemas, ...schemas } },
  }
}

const write = (given: Description, more: Partial<Overrides> = {}) => {
  const all = { ...overrides, ...more }
  return emit(makePlan(given, all), all)
}

/** What the file of an added operation has more than before. */
function added(given: Description, more?: Partial<Overrides>): string {
  const before = new Set(write(description, more).get('openai/files.ts')!.split('\n'))
  const lines = write(given, more).get('openai/files.ts')!.split('\n')
  return lines.filter(line => !before.has(line)).join('\n')
}

describe('the generated files', () => {
  it('are what the generator makes of the description today', () => {
    const files = generate()
    expect(files.size).toBeGreaterThan(20)
    for (const [path, text] of files)
      expect(format(path, text) === readFileSync(join(root, 'src', path), 'utf8'), path).toBe(true)
  }, 120_000)

  it('have the names of chat beside them, for the tests of `src/wire`', () => {
    expect(wireNames()).toBe(readFileSync(join(root, 'test/fixtures/wire-maps.json'), 'utf8'))
  })

  it('are all that say so', () => {
    const marked = globSync('src/**/*.ts', { cwd: root }).filter(path =>
      readFileSync(join(root, path), 'utf8').startsWith('// @generated'),
    )
    expect(marked.map(path => path.replaceAll('\\', '/').slice(4)).sort()).toEqual(
      [...generate().keys()].sort(),
    )
  })

  it('hold a function for each of the 147 operations, but those by hand', () => {
    const text = [...generate().values()].join('')
    const ids = Object.values(description.paths).flatMap(methods => Object.values(methods))
    const names = Array.from(text.matchAll(/^export function (\w+)\(/gm), ([, name]) => name)
    const streams = Object.values(overrides.streams).map(({ name }) => name)
    expect(ids).toHaveLength(147)
    expect(new Set(names).size).toBe(147 - overrides.byHand.length + streams.length)
    expect(names).toEqual(expect.arrayContaining(streams))
  })
})

describe('names of functions', () => {
  const words = readWords(description, overrides.words)

  it.each([
    ['create-realtime-client-secret', 'createRealtimeClientSecret'],
    ['CreateContainerFile', 'createContainerFile'],
    ['getEvalRunOutputItem', 'getEvalRunOutputItem'],
  ])('%s becomes %s', (id, name) => {
    expect(functionName(id, words)).toBe(name)
  })

  it.each(['Compactconversation', 'submitToolOuputsToRun', 'listFiles2x'])('%s is refused', id => {
    expect(() => functionName(id, words)).toThrow(/unknown words/)
  })
})

describe('the generator refuses', () => {
  it('an id that it cannot split', () => {
    expect(() => write(withOperation('Listallfiles', {}))).toThrow(
      /Listallfiles has unknown words: listallfiles/,
    )
  })

  it('two functions of one name', () => {
    expect(() => write(withOperation('CreateFile', {}))).toThrow(/Two operations are named createFile/)
  })

  it('two types of one name', () => {
    const request: Schema = { type: 'object', properties: { a: { type: 'string' } } }
    const given = withOperation('listFileFiles', { ListFileFilesRequest: request }, request, {
      type: 'object',
      properties: { other: { $ref: '#/components/schemas/ListFileFilesRequest' } },
    })
    expect(() => write(given)).toThrow(/Two types are named ListFileFilesRequest/)
  })

  it('a map that nobody has looked at', () => {
    const request: Schema = {
      type: 'object',
      properties: { user_fields: { type: 'object', additionalProperties: true } },
    }
    expect(() => write(withOperation('listFileFiles', {}, request))).toThrow(/does not know: user_fields/)
  })

  it('a name that is a map and an object in one operation', () => {
    const object: Schema = { type: 'object', properties: { first_name: { type: 'string' } } }
    const request: Schema = {
      type: 'object',
      properties: {
        user_fields: { type: 'object' },
        inner: { type: 'object', properties: { user_fields: object } },
      },
    }
    const given = withOperation('listFileFiles', {}, request)
    expect(() => write(given, { maps: [...overrides.maps, 'user_fields'] })).toThrow(
      /both a map and an object/,
    )
  })

  it('a shape that the client would take for a JSON schema', () => {
    const request: Schema = {
      type: 'object',
      properties: { type: { type: 'string' }, items: { type: 'array', items: {} } },
    }
    expect(() => write(withOperation('listFileFiles', {}, request))).toThrow(
      /look like a JSON schema: type, items/,
    )
  })

  it("a type that would shadow a platform's", () => {
    const given = withOperation(
      'listFileFiles',
      { Blob: { type: 'object', properties: { a: { type: 'string' } } } },
      {
        $ref: '#/components/schemas/Blob',
      },
    )
    expect(() => write(given)).toThrow(/Blob would shadow/)
  })

  it('a tag without a file, an answer without a type, and an override that points nowhere', () => {
    const given = withOperation('listFileFiles', {})
    const { post } = given.paths['/files/list'] as { post: object }
    const change = (changes: object) =>
      ({
        ...given,
        paths: { ...given.paths, '/files/list': { post: { ...post, ...changes } } },
      }) as unknown as Description
    expect(() => write(change({ tags: ['Wizardry'] }))).toThrow(/no file for Wizardry/)
    expect(() => write(change({ responses: { 200: {} } }))).toThrow(/how its answer is read/)
    expect(() => write(description, { read: { ...overrides.read, noSuchThing: 'readRaw' } })).toThrow(
      /noSuchThing/,
    )
  })
})

describe('the generator writes', () => {
  const request: Schema = {
    type: 'object',
    required: ['display_name', 'kind'],
    properties: {
      display_name: { type: 'string', description: 'The name. [Learn more](/docs/names).' },
      kind: { type: 'string', enum: ['small', 'large'], default: 'small' },
      user_fields: {
        type: 'object',
        additionalProperties: { type: 'object', properties: { first_name: { type: 'string' } } },
      },
      stop: { nullable: true, oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    },
  }
  const maps = { maps: [...overrides.maps, 'user_fields'] }

  it('requests that are closed but for names of the wire, in camelCase', () => {
    const text = added(withOperation('listFileFiles', {}, request), maps)
    expect(text).toContain('export interface ListFileFilesRequest extends WireNames {')
    expect(text).toContain('/** The name. */\n  readonly displayName: string')
    expect(text).toContain("/** @default 'small' */\n  readonly kind: Open<'small' | 'large'>")
    expect(text).toContain('readonly stop?: string | readonly string[] | null | undefined')
  })

  it('a map of the user with names as they are, in both spellings of its own', () => {
    const text = added(withOperation('listFileFiles', {}, request), maps)
    // A shape with names in camelCase would be a lie: nothing in a map is renamed.
    expect(text).toContain('readonly userFields?: { readonly [name: string]: object } | undefined')
    expect(text).toContain("verbatim: ['user_fields', 'userFields']")
  })

  it('answers that are open, and say which names are in camelCase', () => {
    const answer: Schema = {
      type: 'object',
      required: ['data'],
      properties: { data: { type: 'array', items: { type: 'string' } } },
    }
    const text = added(withOperation('listFileFiles', {}, undefined, answer))
    expect(text).toContain('export interface ListFileFilesResponse extends VendorFields {\n  data: string[]')
    expect(text).toContain("list: 'data'")
  })

  it('a member `error` of a good answer as one', () => {
    const answer: Schema = { type: 'object', properties: { error: { type: 'object', nullable: true } } }
    const text = added(withOperation('listFileFiles', {}, undefined, answer), {
      notMaps: [...overrides.notMaps, 'error'],
    })
    expect(text).toContain('ownError: true')
  })

  it('unions of answers with the shapes that are not listed', () => {
    const one = (type: string): Schema => ({
      type: 'object',
      required: ['type'],
      properties: { type: { type: 'string', enum: [type] } },
    })
    const answer: Schema = { type: 'object', properties: { item: { oneOf: [one('first'), one('second')] } } }
    const text = added(withOperation('listFileFiles', {}, undefined, answer), {
      notMaps: [...overrides.notMaps, 'item'],
    })
    expect(text).toContain('item?: ListFileFilesResponseItemFirst | ListFileFilesResponseItemSecond | Other')
  })
})
