import type { GenericId } from 'convex/values'

/**
 * How far an upload has come.
 *
 * ```text
 *    ┌────────────── cancelled, or refused by a limit or an error of the function
 *    │
 * queued ───has its URL──▶ sending ───stored──▶ success
 *                           │  ▲ │
 *                        failed│ └───refused, or failed too often──▶ error
 *                           ▼  │
 *                         waiting      (cancelled: from sending and waiting as well)
 * ```
 */
export type UploadState
  /** Waits for its turn, or for its upload URL: nothing of the file has been sent. */
  = | { readonly status: 'queued' }
  /** On its way. `progress`: the part of it that has been sent, 0 to 1. */
    | { readonly status: 'sending', readonly sentBytes: number, readonly progress: number }
  /** An attempt has failed; another one follows. */
    | { readonly status: 'waiting', readonly error: Error }
    | { readonly status: 'success', readonly storageId: GenericId<'_storage'> }
    | { readonly status: 'error', readonly error: Error }
    | { readonly status: 'cancelled' }

/** A file and how far its upload has come. Each change makes a new object, with the same `id`. */
export type ConvexUpload = UploadState & {
  /** Tells the uploads of one `useConvexUpload` apart: a key for `v-for`. */
  readonly id: number
  /** What is uploaded. A `Blob` becomes a `File` without a name. */
  readonly file: File
}

/** Whether it has not ended. */
export function isUnderWay({ status }: UploadState): boolean {
  return status === 'queued' || status === 'sending' || status === 'waiting'
}

/** The part of all bytes that has been sent, 0 to 1. What failed or was cancelled does not count: nobody waits for it any more. */
export function totalProgress(uploads: readonly ConvexUpload[]): number {
  let total = 0
  let sent = 0
  for (const upload of uploads) {
    const { status, file } = upload
    if (status === 'success' || isUnderWay(upload)) {
      // An empty file is work as well.
      const size = file.size || 1
      total += size
      sent += status === 'success' ? size : status === 'sending' ? upload.progress * size : 0
    }
  }
  return total && sent / total
}
