/** `npm run docs:build`: writes the site into `docs/.vitepress/dist`. */
import { build } from 'vitepress'
import { DOCS, writePages } from './write-pages.ts'

writePages()
await build(DOCS)
