import { errorMessage } from './error-message'

// #region snippet
export const limits = {
  accept: 'image/png,image/jpeg,image/webp,image/gif',
  maxSize: 5 * 1024 * 1024,
  maxFiles: 6,
}

/** A message for users that explains why a picture was not stored. */
export function uploadMessage(error: Error) {
  return errorMessage(error, {
    UPLOAD_TYPE_REFUSED: 'Only PNG, JPEG, WebP and GIF pictures can be stored.',
    UPLOAD_FILE_TOO_LARGE: 'This file is larger than 5 MB. Choose a smaller one.',
    UPLOAD_TOO_MANY_FILES: 'Six files at a time are the limit. None of these was sent.',
    UPLOAD_FAILED: 'The file did not get through. Try again.',
  })
}
// #endregion
