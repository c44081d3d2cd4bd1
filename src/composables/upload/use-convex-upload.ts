import type { FunctionArgs, FunctionReference } from 'convex/server'
import type { GenericId } from 'convex/values'
import type { ComputedRef, MaybeRefOrGetter } from 'vue'
import type { EndWork } from '../../client/identity-clients.ts'
import type { Call } from '../../client/pending-call.ts'
import type { ConvueError } from '../../errors/convue-error.ts'
import type { UploadFiles } from './read-files.ts'
import type { ConvexUpload, UploadState } from './upload-state.ts'
import { computed, getCurrentScope, onScopeDispose, shallowRef, toValue } from 'vue'
import { diagnose } from '../../errors/catalogue.ts'
import { useConvexContext } from '../../plugin/context.ts'
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

interface Job {
  id: number
  file: File
  /** Why it may not even begin. */
  refusal: ConvueError | undefined
  controller: AbortController
}

const NONE: readonly ConvexUpload[] = []

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
  const { clients, identityVersion } = useConvexContext('useConvexUpload')
  const name = functionName(generateUploadUrl)
  const { concurrency = 3, retries = 3, onSuccess, onError, onSettled } = options
  const takeTurn = createLimiter(Math.max(1, concurrency))
  /** What has not ended, by id. */
  const running = new Map<number, Job>()
  const list = shallowRef({ uploads: NONE, person: identityVersion.value })
  const uploads = computed(() => list.value.person === identityVersion.value ? list.value.uploads : NONE)
  const isPending = computed(() => uploads.value.some(isUnderWay))
  let lastId = 0

  async function upload(files: UploadFiles, args: unknown = {}, { signal }: UploadCallOptions = {}): Promise<StorageId[]> {
    clients.assertAvailable()
    const chosen = readFiles(files)
    const call: Call = { kind: 'mutation', name, args: toConvexArgs(args).args }
    const limits = { accept: toValue(options.accept), maxSize: toValue(options.maxSize), maxFiles: toValue(options.maxFiles) }

    const jobs = chosen.map((file): Job => ({ id: ++lastId, file, refusal: findRefusal(file, chosen.length, limits), controller: new AbortController() }))
    for (const job of jobs)
      running.set(job.id, job)
    const queued = jobs.map(({ id, file }): ConvexUpload => ({ status: 'queued', id, file }))
    list.value = { uploads: [...isPending.value ? uploads.value : [], ...queued], person: identityVersion.value }

    const endWork: EndWork = toError => end(jobs, id => toError(wasSent(id) ? 'unknown' : 'notSent'))
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

  async function run({ id, file, refusal, controller: { signal } }: Job, call: Call): Promise<StorageId> {
    try {
      signal.throwIfAborted()
      if (refusal)
        throw refusal
      const storageId = await abortable(takeTurn(() => uploadFile(file, {
        requestUrl: () => clients.call(call).result as Promise<string>,
        retries,
        // What has ended stays as it is, whatever the browser still tells of it.
        show: state => running.has(id) && show(id, state),
        signal,
      })), signal) as StorageId
      signal.throwIfAborted()
      running.delete(id)
      show(id, { status: 'success', storageId })
      runUserCallback(() => onSuccess?.(storageId, file))
      runUserCallback(() => onSettled?.(storageId, undefined, file))
      return storageId
    }
    catch (cause) {
      const error = cause as Error
      if (running.delete(id))
        show(id, { status: 'error', error })
      if ((error as Partial<ConvueError>)?.code !== 'UPLOAD_CANCELLED')
        runUserCallback(() => onError?.(error, file))
      runUserCallback(() => onSettled?.(undefined, error, file))
      throw error
    }
  }

  function show(id: number, state: UploadState): void {
    const { uploads, person } = list.value
    list.value = { uploads: uploads.map(upload => upload.id === id ? { ...state, id, file: upload.file } : upload), person }
  }

  /** Ends uploads before their time, in this tick. */
  function end(jobs: readonly Job[], toError: (id: number) => Error): void {
    batch(() => {
      for (const { id, controller } of jobs) {
        if (running.has(id)) {
          controller.abort(toError(id))
          running.delete(id)
          show(id, { status: 'cancelled' })
        }
      }
    })
  }

  function wasSent(id: number): boolean {
    return list.value.uploads.find(upload => upload.id === id)?.status !== 'queued'
  }

  function cancel(upload?: Pick<ConvexUpload, 'id'>): void {
    // A DOM event has no id: `@click="cancel"` cancels all.
    end([...running.values()].filter(({ id }) => upload?.id === undefined || upload.id === id), () => diagnose('UPLOAD_CANCELLED'))
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
      list.value = { uploads: NONE, person: identityVersion.value }
    },
  }
}
