import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PLAYGROUND_PAGE, recordings, writePlaygroundPage } from '../../docs/site/recordings.ts'
import { playgroundPages } from '../support/browser/playground-pages.ts'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'docs/public/recordings')
const MOST_BYTES = 3 * 1024 * 1024

/** The pages of the playground that have no recording, with the reasons. */
const WITHOUT_RECORDING: Record<string, string> = {
  '/': 'It is the home page, which leads to the others.',
  '/sign-in': 'Each recording begins after a sign-in.',
  '/sign-up': 'It has the form of the page /sign-in.',
  '/queries/Raven': 'It is a part of the page /queries.',
  '/no/such/page': 'It shows only that the page does not exist.',
}

describe('the recordings of the playground', () => {
  it('are on a page with the current code, which `npm run docs:playground` writes', () => {
    expect(readFileSync(PLAYGROUND_PAGE, 'utf8')).toBe(writePlaygroundPage())
  })

  it('have the command that runs their page beside them', () => {
    const text = readFileSync(PLAYGROUND_PAGE, 'utf8')
    expect(recordings.filter(({ path }) => !text.includes(`Run \`npm run dev\`, and open \`${path}\`.`))).toEqual([])
  })

  it('show every page with an idea of its own, as a film and as a picture', () => {
    const paths = playgroundPages.map(({ path }) => path)
    expect(Object.keys(WITHOUT_RECORDING).filter(path => !paths.includes(path))).toEqual([])
    expect(recordings.map(({ path }) => path).sort()).toEqual(paths.filter(path => !(path in WITHOUT_RECORDING)).sort())
    const wanted = recordings.flatMap(({ name }) => [`${name}.webm`, `${name}.webp`])
    expect(readdirSync(folder).sort()).toEqual([...wanted, 'live.webp'].sort())
  })

  it('are smaller than 3 MiB together', () => {
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
    expect(bytes).toBeLessThan(MOST_BYTES)
  })

  it('are replaced by a picture in the README for users who prefer reduced motion', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    expect(readme).toMatch(/<source media="\(prefers-reduced-motion: reduce\)" srcset="docs\/public\/recordings\/tasks\.webp">\s*<img src="docs\/public\/recordings\/live\.webp" alt="[^"]{20,}"/)
  })
})
