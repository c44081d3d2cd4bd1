import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const page = read('docs/guides/comparison.md')

/** The tables about a library, by its heading. */
const tables = [...page.matchAll(/^## `([^`]+)` (.*)\n\n\| topic .*\n.*\n((?:\|.*\n)+)/gm)]
  .map(([, library, version, rows]) => ({
    library: library!,
    version: version!,
    rows: rows!.trim().split('\n').map(row => row.slice(1, -1).split('|').map(cell => cell.trim())),
  }))

describe('docs/guides/comparison.md', () => {
  it('names the date and the versions that it describes', () => {
    expect(page).toMatch(/as of \*\*\d+ \w+ 20\d\d\*\*/)
    expect(tables).toHaveLength(5)
    for (const { library, version } of tables)
      expect(page.split('\n').find(line => line.startsWith(`| \`${library}\` | `)), library).toContain(version.replace('at ', ''))
  })

  it('names a source for each statement about another library', () => {
    for (const { library, rows } of tables) {
      for (const row of rows) {
        expect(row, library).toHaveLength(4)
        expect(row.filter(cell => cell.replaceAll('`', '').trim() === ''), `${library}: ${row[0]}`).toEqual([])
        expect(row[2], `${library}: ${row[0]}`).toMatch(/`[^`]+`/)
      }
    }
  })

  it('links each file of a repository at the commit that it describes', () => {
    const repositories = [...page.matchAll(/^\| `([^`]+)` \| .*\]\((https:\/\/github\.com\/[^/]+\/[^/]+)\/tree\/([0-9a-f]{40})\) \|$/gm)]
    expect(repositories.map(([, library]) => library)).toEqual(['better-convex-nuxt', 'nuxt-convex-module'])
    for (const [, library, address, commit] of repositories) {
      for (const [topic, , source] of tables.find(table => table.library === library)!.rows) {
        const [, file, link] = /^\[`([^`]+)`\]\((.+)\)$/.exec(source!) ?? []
        expect(link, `${library}: ${topic}`).toBe(`${address}/blob/${commit}/${file}`)
      }
    }
  })

  it('has a page with the equivalents of each library', () => {
    const links = [...page.matchAll(/\]\((from-[^)]+)\)/g)].map(([, link]) => `docs/guides/${link}`)
    expect(links).toHaveLength(tables.length)
    for (const link of links)
      expect([...read(link).matchAll(/^(?:## (?:Equivalents|Differences)|Before|After)/gm)].join(), link).toBe('## Equivalents,## Differences,Before,After')
  })

  it('describes the installed versions of the packages that this repository compares', () => {
    const versionOf = (name: string): string => JSON.parse(read(`node_modules/${name}/package.json`)).version
    expect(page).toContain(`## \`convex-vue\` ${versionOf('convex-vue')}\n`)
    expect(page).toContain(`## \`convex/react\` ${versionOf('convex')}\n`)
    expect(page).toContain(`## \`@tanstack/vue-query\` ${versionOf('@tanstack/vue-query')}\n`)
  })

  it('names files that exist in the installed packages', () => {
    const folders: Record<string, string> = { 'convex-vue': 'node_modules/convex-vue', 'convex/react': 'node_modules/convex', '@tanstack/vue-query': 'node_modules/@tanstack/vue-query' }
    for (const { library, rows } of tables.filter(({ library }) => library in folders)) {
      // `@convex-dev/react-query` is for React, and is not installed.
      for (const [, , source] of rows.filter(([, , source]) => !source!.startsWith('`@convex-dev/react-query`'))) {
        const [, file] = /`([^`]+)`/.exec(source!)!
        expect(existsSync(join(root, folders[library]!, file!)), `${library}: ${file}`).toBe(true)
      }
    }
  })
})
