/** `npm run docs:playground`: writes the page of the recordings. */
import { writeFileSync } from 'node:fs'
import { PLAYGROUND_PAGE, writePlaygroundPage } from './recordings.ts'

writeFileSync(PLAYGROUND_PAGE, writePlaygroundPage())
