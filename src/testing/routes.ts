import { answerChat } from './answer-chat.ts'
import { answerEmbeddings } from './embedding.ts'
import { answerModel, answerModels } from './models.ts'
import type { Route } from './route.ts'

/** All operations of the fake service. Where two routes fit a path, the first one answers. */
export const routes: readonly Route[] = [
  { method: 'POST', path: '/chat/completions', handle: answerChat },
  { method: 'POST', path: '/embeddings', handle: answerEmbeddings },
  { method: 'GET', path: '/models/{model}', handle: answerModel },
  { method: 'GET', path: '/models', handle: answerModels },
]
