/** Reads the files to upload from a file, a list of files, or the `FileList` of an `<input>`. */

import { diagnose } from '../../errors/diagnose.ts'

/** The files to upload: one, several or none, as an `<input>` or a drop event provides them. */
export type UploadFiles = Blob | Iterable<Blob> | null | undefined

/**
 * Copies the files into an array, since clearing an `<input>` also empties its `FileList`.
 *
 * @throws {ConvueError} `UPLOAD_FILES_INVALID`
 */
export function readFiles(files: unknown): File[] {
  const list: unknown[] = isIterable(files) ? [...files] : [files ?? []].flat()
  return list.map((file) => {
    if (!(file instanceof Blob))
      throw diagnose('UPLOAD_FILES_INVALID', file)
    if (file instanceof File)
      return file
    return new File([file], '', { type: file.type })
  })
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}
