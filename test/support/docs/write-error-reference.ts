/** `npm run docs:errors`: updates the list of error codes in the reference from the catalogue. */
import { readFileSync, writeFileSync } from 'node:fs'
import { ERROR_PAGE, writeErrorPage } from './error-reference.ts'

writeFileSync(ERROR_PAGE, writeErrorPage(readFileSync(ERROR_PAGE, 'utf8')))
