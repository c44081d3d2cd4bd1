import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DataFolder } from '../../src/testing/data-folder.ts'

const LENGTH = 4_000_000
const KILLS = 10

/** Replaces one file again and again. Prints `ready` once the file contains the first text. */
const WRITER = `
  const { DataFolder } = await import(process.argv[1])
  const folder = new DataFolder(process.argv[2])
  for (let index = 0; ; index++) {
    folder.write('key', String(index % 10).repeat(${LENGTH}))
    if (index === 0)
      process.stdout.write('ready')
  }
`

describe('DataFolder.write', () => {
  it('leaves the whole previous or new text in the file when the process is killed', async () => {
    const path = await mkdtemp(join(tmpdir(), 'convue-keys-'))
    onTestFinished(() => rm(path, { recursive: true }))
    const module = new URL('../../src/testing/data-folder.ts', import.meta.url).href
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = spawn(process.execPath, ['--input-type=module', '--eval', WRITER, module, path])
      await once(writer.stdout, 'data')
      writer.kill('SIGKILL')
      await once(writer, 'close')
      const text = new DataFolder(path).read('key')!
      expect(text).toHaveLength(LENGTH)
      expect(new Set(text).size).toBe(1)
    }
  })
})
