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

/** In the environment that a reader has, happy-dom as Vitest sets it up: the other examples are given Node's own network. */
describe('the examples of testing', () => {
  for (const example of examples.filter(({ file }) => file.startsWith('test/'))) {
    if (isTest(example))
      describe(titleOf(example), async () => void await load(example.file))
    else
      it(`${titleOf(example)} runs`, () => load(example.file))
  }
})
