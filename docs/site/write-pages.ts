/** Writes the pages of the site into `docs/.vitepress/pages`, where VitePress reads them. */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sitePages } from './site-pages.ts'

export const DOCS = join(import.meta.dirname, '..')

const PAGES = join(DOCS, '.vitepress/pages')

/** Does not write unchanged files, since VitePress would render them again. */
export function writePages(): void {
  const pages = sitePages()
  mkdirSync(PAGES, { recursive: true })
  for (const path of globSync('**/*.md', { cwd: PAGES })) {
    if (!pages.has(path.replaceAll('\\', '/')))
      rmSync(join(PAGES, path))
  }
  for (const [path, text] of pages) {
    const file = join(PAGES, path)
    mkdirSync(dirname(file), { recursive: true })
    if (readOrNothing(file) !== text)
      writeFileSync(file, text)
  }
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  }
  catch {
    return undefined
  }
}
