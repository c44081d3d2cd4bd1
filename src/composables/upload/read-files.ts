import { diagnose } from '../../errors/catalogue.ts'

/** Files to upload: one, several, or none, as an `<input>` or a drop may give it. */
export type UploadFiles = Blob | Iterable<Blob> | null | undefined

/**
 * The files as they are at this moment: the list of an `<input>` is emptied with it.
 *
 * @throws {ConvueError} `UPLOAD_FILES_INVALID`
 */
export function readFiles(files: unknown): File[] {
  const list: unknown[] = isIterable(files) ? [...files] : [files ?? []].flat()
  return list.map((file) => {
    if (!(file instanceof Blob))
      throw diagnose('UPLOAD_FILES_INVALID', file)
    return file instanceof File ? file : new File([file], '', { type: file.type })
  })
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}
