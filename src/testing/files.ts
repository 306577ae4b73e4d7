import { decodeSegment } from './decode-segment.ts'
import { hash, hashId } from './hash.ts'
import type { JsonObject } from './json.ts'
import { type Answer, bytesAnswer, jsonAnswer } from './parts.ts'
import { fileIn, integerIn, readFields } from './read-fields.ts'
import type { Call } from './route.ts'
import { refuse, ServiceError } from './service-error.ts'

interface StoredFile {
  about: { id: string; purpose: string; [name: string]: unknown }
  bytes: Uint8Array<ArrayBuffer>
  type: string
}

const PREFIX = 'file '
const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals']

/** Keeps an uploaded file, and answers with what it is. */
export async function answerFileUpload(call: Call): Promise<Answer> {
  const fields = readFields(call, ['file', 'purpose'])
  const file = fileIn(fields, 'file')
  const purpose = String(fields.purpose)
  if (!PURPOSES.includes(purpose))
    refuse(`Invalid 'purpose': expected one of ${PURPOSES.join(', ')}.`, 'purpose')
  const bytes = new Uint8Array(await file.arrayBuffer())
  const count = listOf(call).length
  const id = `file-${hashId(`${file.name} ${hash(bytes.join())} ${count}`, 24)}`
  const created_at = 1_700_000_000 + count
  const lasts = Number(fields['expires_after[seconds]'] ?? Number.NaN)
  const about = {
    id,
    object: 'file',
    bytes: bytes.length,
    created_at,
    expires_at: Number.isNaN(lasts) ? null : created_at + lasts,
    filename: file.name,
    purpose,
    status: 'processed',
  }
  call.stored.set(PREFIX + id, { about, bytes, type: file.type } satisfies StoredFile)
  return jsonAnswer(200, about)
}

function listOf({ stored }: Call): StoredFile[] {
  const files = [...stored].filter(([key]) => key.startsWith(PREFIX))
  return files.map(([, file]) => file as StoredFile)
}

function findFile({ params: [param = ''], stored }: Call): StoredFile {
  const id = decodeSegment(param)
  const file = stored.get(PREFIX + id) as StoredFile | undefined
  if (!file) throw new ServiceError(404, `No such File object: ${id}`, { param: 'id' })
  return file
}

/** Answers with a page of the files, the latest first. */
export function answerFiles(call: Call): Answer {
  const query: JsonObject = Object.fromEntries(new URL(call.request.url).searchParams)
  const limit = integerIn(query, 'limit', 1, 10_000, 10_000)
  const files = listOf(call)
    .map(({ about }) => about)
    .filter(({ purpose }) => query.purpose === undefined || purpose === query.purpose)
  if (query.order !== 'asc') files.reverse()
  const start = files.findIndex(({ id }) => id === query.after) + 1
  const data = files.slice(start, start + limit)
  const has_more = start + limit < files.length
  return jsonAnswer(200, {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more,
  })
}

/** Answers with what one file is. */
export function answerFile(call: Call): Answer {
  return jsonAnswer(200, findFile(call).about)
}

/** Answers with the bytes of a file, as they were uploaded. Their length goes first: some engines see no other end that is early. */
export function answerFileContent(call: Call): Answer {
  const { bytes, type } = findFile(call)
  const answer = bytesAnswer(type || 'application/octet-stream', bytes)
  return { ...answer, headers: { ...answer.headers, 'content-length': `${bytes.length}` } }
}

/** Forgets a file. */
export function answerFileDeletion(call: Call): Answer {
  const { id } = findFile(call).about
  call.stored.delete(PREFIX + id)
  return jsonAnswer(200, { id, object: 'file', deleted: true })
}
