#!/usr/bin/env node
/** `npm create convue`: runs `convue create` with the version of Convue that this package depends on. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const manifest = createRequire(import.meta.url).resolve('convue/package.json')
process.argv.splice(2, 0, 'create')
await import(pathToFileURL(join(dirname(manifest), 'dist/cli.js')).href)
