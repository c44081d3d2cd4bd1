import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reportApi } from './api-report.ts'

let folder: string
beforeEach(() => folder = mkdtempSync(join(tmpdir(), 'convue-api-')))
afterEach(() => rmSync(folder, { recursive: true }))

function reportOf(files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), text)
  return reportApi(join(folder, 'index.d.ts'))
}

describe('the API report', () => {
  it('contains the exports, and the types that they mention in other files', () => {
    const report = reportOf({
      'index.d.ts': 'import { t as Inner } from \'./chunk-1\'\nexport declare function use(inner: Inner): void\nexport { Inner as Renamed }\n',
      'chunk-1.d.ts': '/** A comment. */\ninterface Inner { more: Deep }\ntype Deep = \'a\' | \'b\'\ninterface Unused { no: 1 }\nexport { Inner as t, Unused }\n',
    })
    expect(report).toBe([
      'exports Renamed = Inner, use\n',
      'function use(inner: Inner): void;\n',
      'interface Inner {\n    more: Deep;\n}\n',
      'type Deep = \'a\' | \'b\';\n',
    ].join('\n'))
  })

  it('does not depend on names of files, comments and the order of declarations', () => {
    const first = reportOf({ 'index.d.ts': 'export { A, B } from \'./x\'\n', 'x.d.ts': '/** Old. */ export type A = 1\nexport type B = A\n' })
    const second = reportOf({ 'index.d.ts': 'export * from \'./y\'\n', 'y.d.ts': 'export type B = A\n/** New. */ export type A = 1\n' })
    expect(second).toBe(first)
  })

  it('changes with a type that an export only mentions', () => {
    const withType = (text: string): string => reportOf({ 'index.d.ts': `type Inner = ${text}\nexport declare const value: Inner\n` })
    expect(withType('1')).not.toBe(withType('2'))
  })
})
