import { ConvueError } from 'convue'
import { errorMessage } from './error-message'

// #region snippet
export const limits = {
  accept: 'image/png,image/jpeg,image/webp,image/gif',
  maxSize: 5 * 1024 * 1024,
  maxFiles: 6,
}

/** A message for users that explains why a picture was not stored. */
export function uploadMessage(error: Error): string {
  switch (error instanceof ConvueError && error.code) {
    case 'UPLOAD_TYPE_REFUSED':
      return 'Only PNG, JPEG, WebP and GIF pictures can be stored.'
    case 'UPLOAD_FILE_TOO_LARGE':
      return 'This file is larger than 5 MB. Choose a smaller one.'
    case 'UPLOAD_TOO_MANY_FILES':
      return 'Six files at a time are the limit. None of these was sent.'
    case 'UPLOAD_FAILED':
      return 'The file did not get through. Try again.'
    default:
      return errorMessage(error)
  }
}
// #endregion
