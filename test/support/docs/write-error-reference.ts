/** `npm run docs:errors`: updates the list of error codes in the reference from the catalogue, and the address of the pages about errors. */
import { readFileSync, writeFileSync } from 'node:fs'
import { ADDRESS_FILE, ERROR_PAGE, writeAddressFile, writeErrorPage } from './error-reference.ts'

writeFileSync(ERROR_PAGE, writeErrorPage(readFileSync(ERROR_PAGE, 'utf8')))
writeFileSync(ADDRESS_FILE, writeAddressFile())
