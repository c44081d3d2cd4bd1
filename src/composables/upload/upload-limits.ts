/** The limits of an upload, and the check of a file against them. */

import type { ConvueError } from '../../errors/convue-error.ts'
import { diagnose } from '../../errors/diagnose.ts'

/** The files that may be uploaded. */
export interface UploadLimits {
  /**
   * The same syntax as the attribute `accept` of `<input type="file">`: MIME types, `image/*` and
   * extensions such as `.pdf`, separated by commas.
   */
  accept?: string
  /** The size of the largest file, in bytes. */
  maxSize?: number
  /** How many files one call may contain. */
  maxFiles?: number
}

/**
 * The limit that a file exceeds, as an error. `count` is the number of files in the call.
 * `undefined` if the file may be uploaded.
 */
export function findRefusal(
  file: File,
  count: number,
  { accept, maxSize, maxFiles }: UploadLimits,
): ConvueError | undefined {
  if (maxFiles !== undefined && count > maxFiles)
    return diagnose('UPLOAD_TOO_MANY_FILES', { count, maxFiles })
  if (accept && !isAccepted(file, accept))
    return diagnose('UPLOAD_TYPE_REFUSED', { file, accept })
  if (maxSize !== undefined && file.size > maxSize)
    return diagnose('UPLOAD_FILE_TOO_LARGE', { file, maxSize })
}

function isAccepted(file: File, accept: string): boolean {
  const name = file.name.toLowerCase()
  // `File.type` is already in lower case. A parameter such as `;charset=utf-8` is ignored.
  const type = file.type.split(';')[0]!.trim()
  const patterns = accept.toLowerCase().split(',').map(pattern => pattern.trim()).filter(Boolean)
  return patterns.length === 0 || patterns.some((pattern) => {
    if (pattern.startsWith('.'))
      return name.endsWith(pattern)
    if (pattern.endsWith('/*'))
      return pattern === '*/*' || type.startsWith(pattern.slice(0, -1))
    return type === pattern
  })
}
