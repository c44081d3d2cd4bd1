/** Reads the files to upload from the forms in which an input or a drop provides them. */

import { diagnose } from '../../errors/catalogue.ts'

/** Files to upload: one, several or none, as an `<input>` or a drop event provides them. */
export type UploadFiles = Blob | Iterable<Blob> | null | undefined

/**
 * Copies the files into an array: the `FileList` of an `<input>` is emptied with the input.
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
