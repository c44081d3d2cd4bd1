import type { FunctionArgs, FunctionReference } from 'convex/server'
import type { GenericId } from 'convex/values'
import type { ComputedRef, MaybeRefOrGetter, ShallowRef } from 'vue'
import type { EndWork } from '../../client/identity-clients.ts'
import type { Call } from '../../client/pending-call.ts'
import type { ConvueError } from '../../errors/convue-error.ts'
import type { UploadFiles } from './read-files.ts'
import type { ConvexUpload, UploadState } from './upload-state.ts'
import { computed, getCurrentScope, onScopeDispose, shallowRef, toValue } from 'vue'
import { diagnose } from '../../errors/catalogue.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { identityScoped } from '../../plugin/identity-scoped.ts'
import { batch } from '../../reactivity/batch.ts'
import { runUserCallback } from '../../reactivity/run-user-callback.ts'
import { toConvexArgs } from '../../shared/convex-args.ts'
import { functionName } from '../../shared/function-name.ts'
import { abortable } from './abortable.ts'
import { createLimiter } from './create-limiter.ts'
import { readFiles } from './read-files.ts'
import { uploadFile } from './upload-file.ts'
import { findRefusal } from './upload-limits.ts'
import { isUnderWay, totalProgress } from './upload-state.ts'

type StorageId = GenericId<'_storage'>

/** A mutation that answers with an upload URL, as `ctx.storage.generateUploadUrl()` makes one. */
export type UploadUrlMutation = FunctionReference<'mutation', 'public', any, string>

/** Options of {@link useConvexUpload}. */
export interface UseConvexUploadOptions {
  /**
   * Which files may be uploaded, as the attribute of `<input type="file">`: MIME types, `image/*` and extensions such as `.pdf`, separated by
   * commas. A kindness to users, not a protection: the page decides, and an upload URL takes anything.
   *
   * @default undefined: all
   */
  accept?: MaybeRefOrGetter<string | undefined>
  /** The size of the largest file, in bytes. @default undefined: no limit */
  maxSize?: MaybeRefOrGetter<number | undefined>
  /** How many files one call may bring; of more, none is uploaded. @default undefined: no limit */
  maxFiles?: MaybeRefOrGetter<number | undefined>
  /** How many files are uploaded at a time. @default 3 */
  concurrency?: number
  /**
   * How many more attempts are made, with growing pauses, when the network fails, nothing is heard for a minute, or the server answers 408, 429 or
   * 5xx. A file whose answer was lost on the way is stored once more. @default 3
   */
  retries?: number
  /** Called with the storage id of each file that was stored. */
  onSuccess?: (storageId: StorageId, file: File) => void
  /** Called with the error of each file that failed; not for one that was cancelled. */
  onError?: (error: Error, file: File) => void
  /** Called once for each file, however its upload ended. */
  onSettled?: (storageId: StorageId | undefined, error: Error | undefined, file: File) => void
}

export interface UploadCallOptions {
  /** Cancels the files of this call. @default undefined */
  signal?: AbortSignal
}

type EmptyArgs = Record<string, never>

/** What follows the files in a call: arguments may be left out where the mutation takes none, or none that is required. */
export type UploadRest<M extends UploadUrlMutation>
  = EmptyArgs extends FunctionArgs<M>
    ? [args?: FunctionArgs<M>, options?: UploadCallOptions]
    : [args: FunctionArgs<M>, options?: UploadCallOptions]

/** What {@link useConvexUpload} returns. */
export interface UseConvexUploadReturn<M extends UploadUrlMutation> {
  /**
   * Uploads files as whoever is there, and resolves with their storage ids, in the order of the files.
   *
   * Each file fares by itself: one that fails stops no other. If any failed, the promise rejects once all of this call have ended, with the error
   * of the first in order; what was stored all the same is in `uploads` and went to `onSuccess`.
   *
   * @param files A `File`, a `Blob`, or a list of them; `null` and `undefined` are no files.
   * @param rest Arguments of the mutation, and `{ signal }`.
   * @throws {ConvueError} `UPLOAD_FILES_INVALID`, `UPLOAD_TOO_MANY_FILES`, `UPLOAD_TYPE_REFUSED`, `UPLOAD_FILE_TOO_LARGE`, `UPLOAD_FAILED`,
   * `UPLOAD_CANCELLED`, `ARGS_INVALID`, `CLIENT_UNAVAILABLE`, `CLOSED`
   * @throws {IdentityChangedError} The person changed first. `notSent`: nothing of the file has left the page.
   * @throws what the mutation threw
   */
  upload: {
    (file: Blob, ...rest: UploadRest<M>): Promise<[StorageId]>
    (files: UploadFiles, ...rest: UploadRest<M>): Promise<StorageId[]>
  }
  /**
   * The files of the latest call, and of those that it overlaps with: a call that finds nothing under way starts a new list. Empty for another
   * person.
   */
  uploads: ComputedRef<readonly ConvexUpload[]>
  /** An upload has not ended. */
  isPending: ComputedRef<boolean>
  /** The part of all bytes in `uploads` that has been sent, 0 to 1. What failed or was cancelled does not count. */
  progress: ComputedRef<number>
  /** Cancels one upload of the list, or all that have not ended. */
  cancel: (upload?: Pick<ConvexUpload, 'id'>) => void
  /** Cancels what has not ended, and empties the list. */
  reset: () => void
}

/** One file of a call. */
interface Job {
  upload: ShallowRef<ConvexUpload>
  /** Why it may not even begin. */
  refusal: ConvueError | undefined
  controller: AbortController
}

/**
 * Uploads files to Convex's file storage.
 *
 * Uploads end with the component that they belong to: they are cancelled, and their promises reject with `UPLOAD_CANCELLED`. To let them outlive
 * a page, call this in a store or in the root component.
 *
 * @param generateUploadUrl The app's mutation that returns `ctx.storage.generateUploadUrl()`. It runs once for each attempt, as whoever is there.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const { mutate: save } = useConvexMutation(api.files.save)
 * const { upload, uploads, progress, cancel } = useConvexUpload(api.files.generateUploadUrl, {
 *   accept: 'image/*',
 *   maxSize: 5 * 1024 * 1024,
 *   onSuccess: (storageId, file) => save({ storageId, name: file.name }),
 * })
 * // <input type="file" multiple accept="image/*" @change="upload($event.target.files)">
 */
export function useConvexUpload<M extends UploadUrlMutation>(generateUploadUrl: M, options: UseConvexUploadOptions = {}): UseConvexUploadReturn<M> {
  const context = useConvexContext('useConvexUpload')
  const { clients } = context
  const name = functionName(generateUploadUrl)
  const { concurrency = 3, retries = 3, onSuccess, onError, onSettled } = options
  const takeTurn = createLimiter(Math.max(1, concurrency))
  /** The jobs that have not ended. */
  const running = new Set<Job>()
  const listed = identityScoped<readonly Job[]>(context, [])
  const uploads = computed(() => listed.value.map(job => job.upload.value))
  const isPending = computed(() => uploads.value.some(isUnderWay))
  let lastId = 0

  async function upload(files: UploadFiles, args: unknown = {}, { signal }: UploadCallOptions = {}): Promise<StorageId[]> {
    clients.assertAvailable()
    const chosen = readFiles(files)
    const call: Call = { kind: 'mutation', name, args: toConvexArgs(args).args }
    const limits = { accept: toValue(options.accept), maxSize: toValue(options.maxSize), maxFiles: toValue(options.maxFiles) }

    const jobs = chosen.map((file): Job => ({
      upload: shallowRef({ status: 'queued', id: ++lastId, file }),
      refusal: findRefusal(file, chosen.length, limits),
      controller: new AbortController(),
    }))
    listed.set(isPending.value ? [...listed.value, ...jobs] : jobs)
    for (const job of jobs)
      running.add(job)

    const endWork: EndWork = toError => end(jobs, ({ upload }) => toError(upload.value.status === 'queued' ? 'notSent' : 'unknown'))
    clients.pendingWork.add(endWork)
    const cancelJobs = (): void => end(jobs, () => diagnose('UPLOAD_CANCELLED', undefined, signal!.reason))
    signal?.addEventListener('abort', cancelJobs)
    if (signal?.aborted)
      cancelJobs()
    const settled = await Promise.allSettled(jobs.map(job => run(job, call)))
    signal?.removeEventListener('abort', cancelJobs)
    clients.pendingWork.delete(endWork)

    return settled.map((outcome) => {
      if (outcome.status === 'rejected')
        throw outcome.reason
      return outcome.value
    })
  }

  async function run(job: Job, call: Call): Promise<StorageId> {
    const { refusal, controller: { signal } } = job
    const { file } = job.upload.value
    try {
      signal.throwIfAborted()
      if (refusal)
        throw refusal
      const storageId = await abortable(takeTurn(() => uploadFile(file, {
        requestUrl: () => clients.calls.start(call).result as Promise<string>,
        retries,
        // What has ended stays as it is, whatever the browser still tells of it.
        show: state => running.has(job) && show(job, state),
        signal,
      })), signal) as StorageId
      signal.throwIfAborted()
      running.delete(job)
      show(job, { status: 'success', storageId })
      runUserCallback(() => onSuccess?.(storageId, file))
      runUserCallback(() => onSettled?.(storageId, undefined, file))
      return storageId
    }
    catch (cause) {
      const error = cause as Error
      if (running.delete(job))
        show(job, { status: 'error', error })
      if ((error as Partial<ConvueError>)?.code !== 'UPLOAD_CANCELLED')
        runUserCallback(() => onError?.(error, file))
      runUserCallback(() => onSettled?.(undefined, error, file))
      throw error
    }
  }

  function show({ upload }: Job, state: UploadState): void {
    const { id, file } = upload.value
    upload.value = { ...state, id, file }
  }

  /** Ends uploads before their time, in this tick. */
  function end(jobs: readonly Job[], toError: (job: Job) => Error): void {
    batch(() => {
      for (const job of jobs) {
        if (running.has(job)) {
          job.controller.abort(toError(job))
          running.delete(job)
          show(job, { status: 'cancelled' })
        }
      }
    })
  }

  function cancel(upload?: Pick<ConvexUpload, 'id'>): void {
    // A DOM event has no id: `@click="cancel"` cancels all.
    const jobs = [...running].filter(job => upload?.id === undefined || upload.id === job.upload.value.id)
    end(jobs, () => diagnose('UPLOAD_CANCELLED'))
  }

  if (getCurrentScope())
    onScopeDispose(() => cancel())

  return {
    upload: upload as UseConvexUploadReturn<M>['upload'],
    uploads,
    isPending,
    progress: computed(() => totalProgress(uploads.value)),
    cancel,
    reset() {
      cancel()
      listed.set([])
    },
  }
}
