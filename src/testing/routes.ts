import { answerChat } from './answer-chat.ts'
import { answerEmbeddings } from './embedding.ts'
import { answerFile, answerFileContent, answerFileDeletion, answerFiles, answerFileUpload } from './files.ts'
import { answerImageEdits, answerImages } from './images.ts'
import { answerModel, answerModels } from './models.ts'
import { answerModerations } from './moderations.ts'
import {
  answerCancellation,
  answerInputItems,
  answerResponse,
  answerResponseDeletion,
  answerStoredResponse,
} from './responses.ts'
import type { Route } from './route.ts'
import { answerSpeech } from './speech.ts'
import { answerTranscription, answerTranslation } from './transcriptions.ts'

/** All operations of the fake service. Where two routes fit a path, the first one answers. */
export const routes: readonly Route[] = [
  { method: 'POST', path: '/chat/completions', handle: answerChat },
  { method: 'POST', path: '/responses', handle: answerResponse },
  { method: 'GET', path: '/responses/{response}', handle: answerStoredResponse },
  { method: 'DELETE', path: '/responses/{response}', handle: answerResponseDeletion },
  { method: 'POST', path: '/responses/{response}/cancel', handle: answerCancellation },
  { method: 'GET', path: '/responses/{response}/input_items', handle: answerInputItems },
  { method: 'POST', path: '/embeddings', handle: answerEmbeddings },
  { method: 'GET', path: '/models/{model}', handle: answerModel },
  { method: 'GET', path: '/models', handle: answerModels },
  { method: 'POST', path: '/moderations', handle: answerModerations },
  { method: 'POST', path: '/images/generations', handle: answerImages },
  { method: 'POST', path: '/images/edits', handle: answerImageEdits },
  { method: 'POST', path: '/audio/speech', handle: answerSpeech },
  { method: 'POST', path: '/audio/transcriptions', handle: answerTranscription },
  { method: 'POST', path: '/audio/translations', handle: answerTranslation },
  { method: 'POST', path: '/files', handle: answerFileUpload },
  { method: 'GET', path: '/files', handle: answerFiles },
  { method: 'GET', path: '/files/{file}', handle: answerFile },
  { method: 'DELETE', path: '/files/{file}', handle: answerFileDeletion },
  { method: 'GET', path: '/files/{file}/content', handle: answerFileContent },
]
