// @vitest-environment happy-dom
import type { Example } from './examples.ts'
import { join } from 'node:path'
import process from 'node:process'
import { describe, it } from 'vitest'
import { APP, examples, ROOT, writeApp } from './examples.ts'

process.chdir(ROOT)
await writeApp()
process.chdir(APP)

const isTest = ({ code }: Example): boolean => code.includes('from \'vitest\'')
const titleOf = ({ page, file }: Example): string => `${file} of ${page}`
const load = (file: string): Promise<unknown> => import(/* @vite-ignore */ join(APP, file))

const testExamples = examples.filter(({ file }) => file.startsWith('test/'))
const hasFixtures = ({ code }: Example): boolean => code.includes('from \'convue/vitest\'')

// A fixture that all tests of a file share must be defined outside of `describe`.
for (const example of testExamples.filter(hasFixtures))
  await load(example.file)

/** In Vitest's own happy-dom environment, which an app has. The other examples use Node's network. */
describe('examples of convue/testing', () => {
  for (const example of testExamples.filter(example => !hasFixtures(example))) {
    if (isTest(example))
      describe(titleOf(example), async () => void await load(example.file))
    else
      it(`runs ${titleOf(example)}`, () => load(example.file))
  }
})
