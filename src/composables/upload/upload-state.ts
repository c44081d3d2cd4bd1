/** The states of an upload, and the progress of several uploads. */

import type { GenericId } from 'convex/values'

/**
 * The state of an upload.
 *
 * ```text
 *    ┌────────────── cancelled, refused by a limit, or failed in the mutation
 *    │
 * queued ──has its URL──▶ sending ──stored──▶ success
 *                          │  ▲ │
 *                    failed│  │ └──refused, or failed too often──▶ error
 *                          ▼  │
 *                         waiting      (cancelled: also from sending and waiting)
 * ```
 */
export type UploadState
  /**
   * The upload waits for other uploads or for its upload URL. No byte of the file has been sent.
   */
  = | { readonly status: 'queued' }
  /** The file is being sent. `progress`: the share of the file that has been sent, 0 to 1. */
    | { readonly status: 'sending', readonly sentBytes: number, readonly progress: number }
  /** An attempt has failed, and another attempt follows. */
    | { readonly status: 'waiting', readonly error: Error }
    | { readonly status: 'success', readonly storageId: GenericId<'_storage'> }
    | { readonly status: 'error', readonly error: Error }
    | { readonly status: 'cancelled' }

/** A file and the state of its upload. Each change creates a new object with the same `id`. */
export type ConvexUpload = UploadState & {
  /** Identifies the upload among the uploads of one `useConvexUpload`: a key for `v-for`. */
  readonly id: number
  /** The file that is uploaded. A `Blob` becomes a `File` without a name. */
  readonly file: File
}

/** Whether the upload has not ended. */
export function isUnderWay({ status }: UploadState): boolean {
  return status === 'queued' || status === 'sending' || status === 'waiting'
}

/**
 * The share of all bytes that has been sent, 0 to 1. Uploads that failed or were cancelled do not
 * count, since they will not continue.
 */
export function totalProgress(uploads: readonly ConvexUpload[]): number {
  let total = 0
  let sent = 0
  for (const upload of uploads) {
    // An empty file counts as one byte, or else a list of empty files would show no progress.
    const size = upload.file.size || 1
    if (upload.status === 'success')
      sent += size
    else if (upload.status === 'sending')
      sent += upload.progress * size
    if (upload.status === 'success' || isUnderWay(upload))
      total += size
  }
  return total && sent / total
}
