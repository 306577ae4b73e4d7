// The spec in a Worker. CONFIG is what `runSpec` takes.

import * as api from 'llmfetch'
import * as openai from 'llmfetch/openai'
import * as responses from 'llmfetch/responses'
import { runSpec } from './spec/index.mjs'

export default {
  async fetch(_request, env) {
    return Response.json(await runSpec({ ...api, openai, responses }, env.CONFIG))
  },
}
