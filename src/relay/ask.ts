import { ConfigurationError } from '../errors/configuration-error.ts'
import { requestIdOf } from '../wire/api-failure.ts'
import { RESUMABLE_HEADER } from '../wire/resumable.ts'
import { openAccount } from './account.ts'
import { isEventStream, leave, plainAnswer, streamAnswer } from './answer.ts'
import { type Checked, checkBody, type WireBody } from './check-body.ts'
import { createMeter, guessTokens } from './meter.ts'
import type { QuotaStore } from './quota-store.ts'
import { readBody } from './read-body.ts'
import { Refusal, wishIn } from './refusal.ts'
import type { Reservation, Reserve } from './reserve.ts'
import type { StreamKeeper } from './stream-keeper.ts'
import type { RelayLimits, RelayOptions, RelayOutcome, RelayUser } from './types.ts'
import type { UpstreamRequest } from './upstream.ts'
import { refusalOfThrown } from './upstream-failure.ts'
import type { Visit } from './visit.ts'

/** How often a request says that it lives, at least, in milliseconds. */
const BEAT = 10_000

type Reserving = QuotaStore & { readonly reserve: Reserve }

/** What the requests of one relay share. */
export interface Shared<User extends RelayUser> {
  readonly options: RelayOptions<User>
  readonly open: () => UpstreamRequest
  readonly onError: (error: unknown) => void
  readonly isAllowed: (model: unknown, user: User) => boolean | PromiseLike<boolean>
  /** The requests whose streams can be stopped from here, by the names of their logs. */
  readonly running: Map<string, UpstreamRequest> | undefined
}

/** Nothing may be let through that nobody counts. */
function checkQuota(
  { requestsPerMinute, tokensPerDay, concurrent }: RelayLimits,
  quota: object | undefined,
): void {
  if (!quota && (requestsPerMinute ?? tokensPerDay ?? concurrent) !== undefined)
    throw new ConfigurationError('relay: these limits need a quota, such as memoryQuota()')
}

/** Makes what answers a POST: checks it, reserves what it may cost, asks the service and passes its answer on. */
export function createAsk<User extends RelayUser>({
  options,
  open,
  onError,
  isAllowed,
  running,
}: Shared<User>) {
  const keeper = options.streams?.keeper as StreamKeeper | undefined
  const { streams, quota, rewrite, includeUsage = true, maxDetachedMs = 600_000 } = options

  // The object that requests are passed on to counts by itself.
  if (typeof options.limits === 'object' && !options.to) checkQuota(options.limits, quota)

  async function check(visit: Visit<User>, json: WireBody): Promise<Checked> {
    const checked = checkBody(json, limitsOf(visit.user), visit.route.tokenField, options.strictBody)
    // OpenRouter falls back to `models`, which stand beside `model`.
    const { model, models } = json
    for (const asked of [model, ...[models ?? []].flat()])
      if (!(await isAllowed(asked, visit.user)))
        throw new Refusal(403, 'model_not_allowed', 'This model may not be asked for', { param: 'model' })
    return checked
  }

  function limitsOf(user: User): RelayLimits {
    const limits = (typeof options.limits === 'function' ? options.limits(user) : options.limits) ?? {}
    checkQuota(limits, quota)
    return limits
  }

  /** The request that asks for the counts of a stream, where the visitor did not. */
  function askingForUsage(body: WireBody): WireBody | undefined {
    const given = Object(body.stream_options)
    // Anything else that reads like a yes may be none to the service.
    if (!body.stream || given.include_usage === true) return undefined
    return { ...body, stream_options: { ...given, include_usage: true } }
  }

  return async function ask(visit: Visit<User>): Promise<Response> {
    const { request, route, user, name, id, after, requestId, keepAlive } = visit
    const started = performance.now()
    const limits = limitsOf(user)
    const { text, bytes, json } = await readBody(request, limits.maxBodyBytes ?? 262_144)
    const { body: checked, tokens } = await check(visit, json)
    const body: WireBody = rewrite ? { ...(await rewrite(checked, user)) } : checked
    const log =
      body.stream && id ? await keeper?.begin(id, `${route.path}\n${text}`, after, onError) : undefined
    if (log instanceof Response) return log
    const asking = route.isChat && includeUsage ? askingForUsage(body) : undefined
    const meter = createMeter(!!asking, route.tellsEnd)
    const upstream = open()
    const inputTokens = guessTokens(bytes)
    let reservation: Reservation | undefined
    try {
      reservation = await (quota as Reserving | undefined)?.reserve(name, limits, inputTokens + tokens)
    } catch (error) {
      await log?.close()
      throw error
    }
    const beat = setInterval(
      async () => {
        reservation?.renew().catch(onError)
        const failure = await log?.renew()
        if (failure) upstream.abort(failure)
      },
      Math.min(BEAT, (streams?.lease ?? 30_000) / 3),
    )
    if (log) running?.set(id!, upstream)
    const asked = {
      user,
      path: route.path,
      model: body.model as string,
      requestId,
      inputTokens,
      outputTokens: tokens,
      started,
    }
    const account = openAccount(asked, reservation, meter, { onUse: options.onUse, onError }, () => {
      clearInterval(beat)
      if (log) running?.delete(id!)
    })
    keepAlive(account.closed)
    const onLeave = () => leave(upstream)
    // A stream that is kept outlives its reader, who may come back. Any other reader may have gone while this waited.
    if (!log) {
      request.signal.addEventListener('abort', onLeave)
      if (request.signal.aborted) onLeave()
    }
    try {
      const response = await upstream.send(
        'POST',
        route.path,
        JSON.stringify(body),
        asking && JSON.stringify(asking),
      )
      const maxEvents = limits.hard ? tokens : undefined
      const upstreamId = requestIdOf(response.headers)
      const close = (outcome: RelayOutcome) => account.close(response.status, outcome, upstreamId)
      const answering = { upstream, meter, close, response, maxEvents }
      const isStream = isEventStream(response, !!body.stream)
      if (log && isStream) {
        const kept = log.keep(answering, maxDetachedMs)
        keepAlive(kept.done)
        return kept.response
      }
      await log?.close()
      if (!isStream) return await plainAnswer(answering, route.isJson)
      return streamAnswer(answering, streams && id ? { [RESUMABLE_HEADER]: '0' } : {})
    } catch (error) {
      await log?.close()
      const refusal = refusalOfThrown(error)
      await account.close(refusal.status, wishIn(refusal) ?? 'refused')
      throw refusal
    } finally {
      request.signal.removeEventListener('abort', onLeave)
    }
  }
}
