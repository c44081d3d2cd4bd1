/** Types of an upload call: the mutation, its arguments and the options of the call. */

import type { FunctionArgs, FunctionReference } from 'convex/server'

/** A mutation that returns an upload URL: `ctx.storage.generateUploadUrl()`. */
export type UploadUrlMutation = FunctionReference<'mutation', 'public', any, string>

/** Options of one `upload` call. */
export interface UploadCallOptions {
  /** Cancels the files of this call. @default undefined */
  signal?: AbortSignal
}

type EmptyArgs = Record<string, never>

/**
 * The parameters after the files: arguments of the mutation and options. The arguments are optional
 * if the mutation requires none.
 */
export type UploadRest<M extends UploadUrlMutation>
  = EmptyArgs extends FunctionArgs<M>
    ? [args?: FunctionArgs<M>, options?: UploadCallOptions]
    : [args: FunctionArgs<M>, options?: UploadCallOptions]
