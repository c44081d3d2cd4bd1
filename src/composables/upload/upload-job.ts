/** One file of an upload call: its state as a ref, and its cancellation. */

import type { ShallowRef } from 'vue'
import type { ConvueError } from '../../errors/convue-error.ts'
import type { ConvexUpload, UploadState } from './upload-state.ts'
import { shallowRef } from 'vue'
import { isUnderWay } from './upload-state.ts'

export interface UploadJob {
  readonly upload: Readonly<ShallowRef<ConvexUpload>>
  /**
   * The error for the limit that the file exceeds, if there is one. The upload must then not start.
   */
  readonly refusal: ConvueError | undefined
  /** Aborts when the job is cancelled. */
  readonly signal: AbortSignal
  /**
   * Changes the state, unless the upload has ended. A browser may report progress even after the
   * end.
   */
  show: (state: UploadState) => void
  /** Ends the upload, unless it has already ended. Its promise rejects with the error. */
  cancel: (error: Error) => void
}

export function createUploadJob(id: number, file: File, refusal: ConvueError | undefined): UploadJob {
  const upload = shallowRef<ConvexUpload>({ status: 'queued', id, file })
  const controller = new AbortController()

  function show(state: UploadState): void {
    if (isUnderWay(upload.value))
      upload.value = { ...state, id, file }
  }

  return {
    upload,
    refusal,
    signal: controller.signal,
    show,
    cancel(error) {
      if (!isUnderWay(upload.value))
        return
      show({ status: 'cancelled' })
      controller.abort(error)
    },
  }
}
