// `npm run check:api` compares the types of each entry of the built package with the reports in test/package/api, so that no type
// changes unseen. `npm run check:api -- --update` writes the reports.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { reportApi } from './api-report.ts'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'test/package/api')

const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: Record<string, string> }
const entries = Object.entries(exports).filter(([, file]) => file.endsWith('.js'))
const isUpdate = process.argv.includes('--update')
const changed: string[] = []

mkdirSync(FOLDER, { recursive: true })
for (const [entry, file] of entries) {
  const types = join(ROOT, file.replace(/\.js$/, '.d.ts'))
  if (!existsSync(types))
    throw new Error(`${types} is missing: call \`npm run build\` first.`)
  const name = entry === '.' ? 'convue' : `convue-${entry.slice(2).replaceAll('/', '-')}`
  const path = join(FOLDER, `${name}.txt`)
  const report = reportApi(types)
  const committed = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (report === committed)
    continue
  changed.push(name)
  if (isUpdate)
    writeFileSync(path, report)
  else
    console.error(`${name}:\n${difference(committed, report)}`)
}

if (changed.length > 0 && !isUpdate) {
  console.error('The public types have changed. If this is intended, call `npm run check:api -- --update` and commit the reports.')
  process.exitCode = 1
}
else {
  console.log(isUpdate ? `Written: ${changed.join(', ') || 'nothing'}` : `The types of ${entries.length} entries are as reported.`)
}

/** The lines that were removed and added. */
function difference(before: string, after: string): string {
  const [old, current] = [before.split('\n'), after.split('\n')]
  return [
    ...old.filter(line => !current.includes(line)).map(line => `- ${line}`),
    ...current.filter(line => !old.includes(line)).map(line => `+ ${line}`),
  ].join('\n')
}
