// @vitest-environment node
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allExamples, pages, ROOT } from './examples.ts'
import { OTHER_BLOCKS } from './other-blocks.ts'

/** The generated pages contain signatures, and commands have tests of their own. */
const isChecked = (page: string, language: string): boolean => !page.startsWith('docs/reference/api/') && language !== 'sh'

/** The number of blocks in each language of each page, also of those in a list. */
function countBlocks(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const [page, text] of pages) {
    for (const [, info] of text.matchAll(/^ *```(.*)\n[\s\S]*?^ *```$/gm)) {
      const language = info!.split(' ')[0]!
      const key = `${page} ${language}`
      if (isChecked(page, language))
        counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  for (const { page, file } of allExamples) {
    const key = `${page} ${file.endsWith('.vue') ? 'vue' : 'ts'}`
    counts.set(key, counts.get(key)! - 1)
  }
  return new Map([...counts].filter(([, count]) => count !== 0))
}

describe('the blocks of code in the documentation', () => {
  it('are executed as examples, or have a reason in the list of other blocks', () => {
    const listed = new Map<string, number>()
    for (const { page, language, count } of OTHER_BLOCKS)
      listed.set(`${page} ${language}`, count + (listed.get(`${page} ${language}`) ?? 0))
    expect(Object.fromEntries(countBlocks())).toEqual(Object.fromEntries(listed))
  })

  it('refer to files that exist', () => {
    expect(OTHER_BLOCKS.filter(({ by }) => by && !existsSync(join(ROOT, by)))).toEqual([])
  })
})
