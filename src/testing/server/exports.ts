/** Snapshots of all data as ZIP files, in the form of `npx convex export`. */
import type { JSONValue } from 'convex/values'
import type { Data, DataTransaction } from '../runtime/data.ts'
import type { ZipEntry } from './zip.ts'
import { Buffer } from 'node:buffer'
import { convexToJson } from 'convex/values'
import { SCHEMA_MARKER, toExportJson } from './export-json.ts'
import { writeZip } from './zip.ts'

interface Export {
  ts: bigint
  zip: Buffer
}

/** Creates exports, and keeps the last one, so that the command line can download it. */
export class Exports {
  readonly #data: Data
  #latest: Export | null = null

  constructor(data: Data) {
    this.#data = data
  }

  /** The last export, as the command line expects it. */
  get latest(): JSONValue {
    const latest = this.#latest
    if (!latest)
      return null
    const ts = convexToJson(latest.ts)
    return { state: 'completed', start_ts: ts, complete_ts: ts, zip_object_key: 'latest', requestor: 'snapshotExport' }
  }

  /** The archive of the last export, if it has this timestamp. */
  find(ts: string): Buffer | undefined {
    if (this.#latest && String(this.#latest.ts) === ts)
      return this.#latest.zip
    return undefined
  }

  /** Creates an export, and keeps it until the next one. */
  create(includesFiles: boolean): void {
    this.#latest = createExport(this.#data, includesFiles)
  }
}

/** Creates an export of all documents at one timestamp. */
export function createExport(data: Data, includesFiles: boolean): Export {
  return data.transact(transaction => ({
    ts: transaction.snapshot,
    zip: writeZip(listEntries(data, transaction, includesFiles)),
  }))
}

function listEntries(data: Data, transaction: DataTransaction, includesFiles: boolean): ZipEntry[] {
  const { engine } = data
  const entries: ZipEntry[] = []
  const components = new Set(engine.tables.map(({ component }) => component))
  for (const component of [...components].sort()) {
    const folder = folderOf(component)
    const tables = engine.tables.filter(table => table.component === component && !table.name.startsWith('_'))
    const numbers = tables.map(({ name, number }) => JSON.stringify({ name, id: number }))
    entries.push({ name: `${folder}_tables/documents.jsonl`, data: toLines(numbers) })
    for (const { name } of tables) {
      const documents = [...transaction.documents(component, name)]
      entries.push(
        { name: `${folder}${name}/documents.jsonl`, data: toLines(documents.map(({ json }) => toExportJson(json))) },
        { name: `${folder}${name}/generated_schema.jsonl`, data: Buffer.from(SCHEMA_MARKER) },
      )
    }
    if (includesFiles)
      entries.push(...listFiles(data, transaction, component, folder))
  }
  return entries
}

function listFiles({ engine }: Data, transaction: DataTransaction, component: string, folder: string): ZipEntry[] {
  const documents = [...transaction.documents(component, '_storage')]
  const lines = documents.map(({ json }) => {
    const { key, ...fields } = JSON.parse(json) as Record<string, JSONValue>
    return JSON.stringify({ ...fields, internalId: key })
  })
  const contents = documents.map(({ id, value }) => ({
    name: `${folder}_storage/${id}`,
    data: Buffer.concat([...engine.files.read(value.key as string)]),
  }))
  return [{ name: `${folder}_storage/documents.jsonl`, data: toLines(lines) }, ...contents]
}

/** The folder of a component in the archive. */
function folderOf(component: string): string {
  return component.split('/').filter(Boolean).map(name => `_components/${name}/`).join('')
}

function toLines(lines: string[]): Buffer {
  return Buffer.from(lines.map(line => `${line}\n`).join(''))
}
