import type { CallOptions } from '../client/types.ts'
import type { RunToolsOptions, ToolEvent, ToolRun, ToolStep } from './types.ts'

/** An answer, in whichever API. */
export interface Answered {
  readonly usage?: { readonly totalTokens: number; readonly [name: string]: unknown } | null | undefined
}

/** A {@link ToolStep} of an API with such answers. */
export type StepOf<Answer> = Omit<ToolStep, 'completion'> & {
  /** Undefined in the step that runs calls that the history brought along. */
  readonly completion: Answer | undefined
}

/** A {@link ToolRun} of an API with such answers, whose conversations are lists of `Item`s. */
export type RunOf<Answer extends Answered, Item> = Pick<ToolRun, 'stopped' | 'text' | 'pending'> & {
  /** The last answer. Undefined where there was none. */
  readonly completion: Answer | undefined
  /**
   * The conversation, to be kept and sent again: it is all that the next run needs. Calls that are `pending` are run there first,
   * unless what answers them has been pushed.
   */
  readonly messages: Item[]
  readonly steps: readonly StepOf<Answer>[]
  /** The counts of all answers, added up. Zero where the service counts nothing. */
  readonly usage: NonNullable<Answer['usage']>
}

/** {@link RunToolsOptions} of an API with such requests. */
export type OptionsOf<Request, Answer, Item> = CallOptions &
  Omit<RunToolsOptions, keyof CallOptions | 'stopWhen' | 'beforeStep' | 'onStep'> & {
    /** Whether to stop after a step with calls. */
    readonly stopWhen?: ((steps: readonly StepOf<Answer>[]) => unknown) | undefined
    /** Changes the request of the next step, and of that alone, by returning another one. */
    readonly beforeStep?:
      | ((
          request: Request,
          steps: readonly StepOf<Answer>[],
        ) => Request | undefined | Promise<Request | undefined>)
      | undefined
    /** Is told of each step, with the conversation so far. Keep that, and a run that was aborted can be taken up again. */
    readonly onStep?: ((step: StepOf<Answer>, messages: readonly Item[]) => unknown) | undefined
  }

/** {@link ToolEvent}s of an API with such answers. */
export type EventOf<Answer extends Answered, Item> =
  | Exclude<ToolEvent, { type: 'step' | 'end' }>
  | { readonly type: 'step'; readonly step: StepOf<Answer>; readonly messages: readonly Item[] }
  | { readonly type: 'end'; readonly run: RunOf<Answer, Item> }
