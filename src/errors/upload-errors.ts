/** Errors of uploads. */
import type { ErrorDefinition } from './error-definition.ts'
import { isEvent } from './usage-errors.ts'

export const uploadErrors = {
  UPLOAD_FILES_INVALID: {
    scopes: ['client'],
    why: (value: unknown): string => {
      if (isEvent(value))
        return '`upload` requires files and received a DOM event.'
      return `\`upload\` requires files and received a value of type ${typeof value}.`
    },
    fix: 'Pass a `File`, a `Blob` or a list of them. In a template write `@change="upload($event.target.files)"`, '
      + 'not `@change="upload"`.',
    reference: '`upload` received something other than files, such as a DOM event.',
  },
  UPLOAD_TOO_MANY_FILES: {
    scopes: ['client'],
    why: ({ count, maxFiles }: { count: number, maxFiles: number | undefined }): string =>
      `${count} files were passed at once, and \`maxFiles\` is ${maxFiles}.`,
    fix: 'Choose fewer files.',
    reference: 'More files were passed at once than `maxFiles` allows.',
  },
  UPLOAD_TYPE_REFUSED: {
    scopes: ['client'],
    why: ({ file, accept }: { file: File, accept: string | undefined }): string =>
      `The type of "${file.name}" is ${file.type || 'unknown'}, and \`accept\` is ${accept}.`,
    fix: 'Choose another file. If the `<input>` has the same `accept`, the browser offers only files of these types.',
    reference: '`accept` does not include the type of the file.',
  },
  UPLOAD_FILE_TOO_LARGE: {
    scopes: ['client'],
    why: ({ file, maxSize }: { file: File, maxSize: number | undefined }): string =>
      `"${file.name}" has ${file.size} bytes, and \`maxSize\` is ${maxSize}.`,
    fix: 'Choose a smaller file.',
    reference: 'The file has more bytes than `maxSize` allows.',
  },
  UPLOAD_FAILED: {
    scopes: ['client'],
    why: (status?: number): string => {
      if (status)
        return `The upload URL answered with status ${status} and without a storage id.`
      return 'The file could not be sent to the upload URL.'
    },
    fix: 'Upload the file again. If every upload fails, read the answer of the upload URL in the browser\'s network '
      + 'panel.',
    reference: 'The file could not be sent to the upload URL, or the answer of the URL did not contain a storage id.',
  },
  UPLOAD_CANCELLED: {
    scopes: ['client'],
    why: 'The upload was cancelled, or the component that it belongs to was unmounted.',
    fix: 'If the upload must continue when the user leaves the page, call `useConvexUpload` in a store or in the root '
      + 'component.',
  },
} satisfies Record<string, ErrorDefinition>
