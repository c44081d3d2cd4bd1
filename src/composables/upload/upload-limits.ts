/** The limits of an upload, and the check of a file against them. */

import type { ConvueError } from '../../errors/convue-error.ts'
import { diagnose } from '../../errors/catalogue.ts'

/** The files that may be uploaded. */
export interface UploadLimits {
  /**
   * As the attribute of `<input type="file">`: MIME types, `image/*` and extensions such as `.pdf`,
   * separated by commas.
   */
  accept?: string
  /** The size of the largest file, in bytes. */
  maxSize?: number
  /** How many files one call may contain. */
  maxFiles?: number
}

/** The reason why a file of a call with `count` files may not be uploaded, if there is one. */
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
  // `File.type` is in lower case already. A parameter such as `;charset=utf-8` does not count.
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
