/** `useConvexUpload`: uploads files to Convex's file storage, with progress and cancellation. */

import type { GenericId } from 'convex/values'
import type { ComputedRef, MaybeRefOrGetter } from 'vue'
import type { EndWork } from '../../client/call-registry.ts'
import type { Call } from '../../client/pending-call.ts'
import type { ShownState } from '../../devtools/record.ts'
import type { ConvueError } from '../../errors/convue-error.ts'
import type { UploadFiles } from './read-files.ts'
import type { UploadCallOptions, UploadRest, UploadUrlMutation } from './upload-call.ts'
import type { UploadJob } from './upload-job.ts'
import type { UploadLimits } from './upload-limits.ts'
import type { ConvexUpload } from './upload-state.ts'
import { tryOnScopeDispose } from '@vueuse/core'
import { computed, toValue } from 'vue'
import { diagnose } from '../../errors/diagnose.ts'
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
import { createUploadJob } from './upload-job.ts'
import { findRefusal } from './upload-limits.ts'
import { isUnderWay, totalProgress } from './upload-state.ts'

type StorageId = GenericId<'_storage'>

/** Options of {@link useConvexUpload}. */
export interface UseConvexUploadOptions {
  /**
   * The files that may be uploaded, in the syntax of the attribute `accept` of `<input
   * type="file">`: MIME types, `image/*` and extensions such as `.pdf`, separated by commas. This
   * helps users to choose the right files, but does not protect the app: only the page checks it,
   * and an upload URL accepts any file.
   *
   * @default undefined: all files
   */
  accept?: MaybeRefOrGetter<string | undefined>
  /** The size of the largest file, in bytes. @default undefined: no limit */
  maxSize?: MaybeRefOrGetter<number | undefined>
  /**
   * How many files one call may contain. If a call contains more files, none of them is uploaded.
   *
   * @default undefined: no limit
   */
  maxFiles?: MaybeRefOrGetter<number | undefined>
  /** How many files are uploaded at the same time. @default 3 */
  concurrency?: number
  /**
   * The largest number of attempts after the first one, with growing delays between them. An
   * attempt is repeated if the network fails, the request makes no progress for a minute, or the
   * server responds with 408, 429 or 5xx. If only the response to an upload is lost, the next
   * attempt stores the file a second time.
   *
   * @default 3
   */
  retries?: number
  /** Runs with the storage id of each file that was stored. @default undefined */
  onSuccess?: (storageId: StorageId, file: File) => void
  /** Runs with the error of each file that failed, unless it was cancelled. @default undefined */
  onError?: (error: Error, file: File) => void
  /**
   * Runs once for each file when its upload has succeeded, failed or been cancelled. @default
   * undefined
   */
  onSettled?: (storageId: StorageId | undefined, error: Error | undefined, file: File) => void
}

/** The return value of {@link useConvexUpload}. */
export interface UseConvexUploadReturn<M extends UploadUrlMutation> {
  /**
   * Uploads files as the current identity, and resolves with their storage ids, in the order of the
   * files.
   *
   * If one file fails, the others continue. When all files of the call have ended and at least one
   * has failed, the promise rejects with the error of the first of the failed files. The other
   * files are stored: they are in `uploads`, and `onSuccess` has run for each of them.
   *
   * @param files A `File`, a `Blob`, or a list of them; `null` and `undefined` mean no files.
   * @param rest Arguments of the mutation, and `{ signal }`.
   * @throws {ConvueError} `UPLOAD_FILES_INVALID`, `UPLOAD_TOO_MANY_FILES`, `UPLOAD_TYPE_REFUSED`,
   * `UPLOAD_FILE_TOO_LARGE`, `UPLOAD_FAILED`, `UPLOAD_CANCELLED`, `ARGS_INVALID`,
   * `CLIENT_UNAVAILABLE`, `CLOSED`
   * @throws {IdentityChangedError} The identity changed before the file was stored. `outcome` is
   * `'notSent'` if no byte of the file was sent.
   * @throws the error of the mutation
   */
  upload: {
    (file: Blob, ...rest: UploadRest<M>): Promise<[StorageId]>
    (files: UploadFiles, ...rest: UploadRest<M>): Promise<StorageId[]>
  }
  /**
   * The files of the latest call. If other uploads are pending when `upload` is called, the files
   * are added to the list, or else the call starts a new list. Empty after an identity change.
   */
  uploads: ComputedRef<readonly ConvexUpload[]>
  /** Whether any upload of the list is still pending. */
  isPending: ComputedRef<boolean>
  /**
   * The share of all bytes in `uploads` that has been sent, 0 to 1. Uploads that failed or were
   * cancelled do not count.
   */
  progress: ComputedRef<number>
  /** Cancels one upload, or all uploads that have not ended. */
  cancel: (upload?: Pick<ConvexUpload, 'id'>) => void
  /** Cancels all uploads that have not ended, and empties the list. */
  reset: () => void
}

/**
 * Uploads files to Convex's file storage.
 *
 * Uploads end with the component that started them: they are cancelled, and their promises reject
 * with `UPLOAD_CANCELLED`. For uploads that continue on other pages, call this composable in a
 * store or in the root component.
 *
 * @param generateUploadUrl The app's mutation that returns `ctx.storage.generateUploadUrl()`. It
 * runs once for each attempt, as the current identity.
 * @param options Limits, retries and callbacks.
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
export function useConvexUpload<M extends UploadUrlMutation>(
  generateUploadUrl: M,
  options: UseConvexUploadOptions = {},
): UseConvexUploadReturn<M> {
  const context = useConvexContext('useConvexUpload')
  const { clients } = context
  const name = functionName(generateUploadUrl)
  const { concurrency = 3, retries = 3, onSuccess, onError, onSettled } = options
  const limitConcurrency = createLimiter(Math.max(1, concurrency))
  const listed = identityScoped<readonly UploadJob[]>(context, [])
  const uploads = computed(() => listed.value.map(job => job.upload.value))
  const isPending = computed(() => uploads.value.some(isUnderWay))
  /** All jobs that have not ended, including the jobs of a previous identity. */
  const running = new Set<UploadJob>()
  let lastId = 0

  async function upload(
    files: UploadFiles,
    args: unknown = {},
    { signal }: UploadCallOptions = {},
  ): Promise<StorageId[]> {
    clients.assertAvailable()
    const chosen = readFiles(files)
    const call: Call = { kind: 'mutation', name, args: toConvexArgs(args).args }
    const limits: UploadLimits = {
      accept: toValue(options.accept),
      maxSize: toValue(options.maxSize),
      maxFiles: toValue(options.maxFiles),
    }
    const jobs = chosen.map(file => createUploadJob(++lastId, file, findRefusal(file, chosen.length, limits)))
    if (isPending.value)
      listed.set([...listed.value, ...jobs])
    else
      listed.set(jobs)
    jobs.forEach(job => running.add(job))

    // Called on an identity change and when the plugin is closed.
    const endWork: EndWork = toError => cancelJobs(jobs, ({ upload }) => {
      if (upload.value.status === 'queued')
        return toError('notSent')
      return toError('unknown')
    })
    clients.calls.work.add(endWork)
    const onAbort = (): void => cancelJobs(jobs, () => diagnose('UPLOAD_CANCELLED', undefined, signal!.reason))
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted)
      onAbort()
    const settled = await Promise.allSettled(jobs.map(job => run(job, call)))
    signal?.removeEventListener('abort', onAbort)
    clients.calls.work.delete(endWork)

    return settled.map((outcome) => {
      if (outcome.status === 'rejected')
        throw outcome.reason
      return outcome.value
    })
  }

  async function run(job: UploadJob, call: Call): Promise<StorageId> {
    const { refusal, signal, show } = job
    const { file } = job.upload.value
    const requestUrl = (): Promise<string> => clients.calls.start(call).result as Promise<string>
    try {
      signal.throwIfAborted()
      if (refusal)
        throw refusal
      const stored = limitConcurrency(() => uploadFile(file, { requestUrl, retries, show, signal }))
      const storageId = await abortable(stored, signal) as StorageId
      signal.throwIfAborted()
      show({ status: 'success', storageId })
      running.delete(job)
      runUserCallback(() => onSuccess?.(storageId, file))
      runUserCallback(() => onSettled?.(storageId, undefined, file))
      return storageId
    }
    catch (cause) {
      const error = cause as Error
      show({ status: 'error', error })
      running.delete(job)
      if ((error as Partial<ConvueError>)?.code !== 'UPLOAD_CANCELLED')
        runUserCallback(() => onError?.(error, file))
      runUserCallback(() => onSettled?.(undefined, error, file))
      throw error
    }
  }

  function cancelJobs(jobs: Iterable<UploadJob>, toError: (job: UploadJob) => Error): void {
    batch(() => {
      for (const job of jobs) {
        job.cancel(toError(job))
        running.delete(job)
      }
    })
  }

  function cancel(upload?: Pick<ConvexUpload, 'id'>): void {
    // `@click="cancel"` passes a DOM event, which has no id: this cancels all uploads.
    const jobs = [...running].filter(job => upload?.id === undefined || upload.id === job.upload.value.id)
    cancelJobs(jobs, () => diagnose('UPLOAD_CANCELLED'))
  }

  tryOnScopeDispose(() => cancel())
  if (process.env.NODE_ENV !== 'production' && context.record) {
    const read = (): ShownState => ({
      status: isPending.value ? 'pending' : 'idle',
      uploads: uploads.value.map(describeUpload),
    })
    context.record.show({ kind: 'uploads', name, read })
  }

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

/** An upload, as DevTools show it. */
function describeUpload(upload: ConvexUpload): NonNullable<ShownState['uploads']>[number] {
  const { id, file, status } = upload
  return {
    id,
    file: file.name,
    size: file.size,
    status,
    ...upload.status === 'sending' && { progress: upload.progress },
    ...'error' in upload && { error: upload.error.message },
  }
}
