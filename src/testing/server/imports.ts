/** Imports of data with `npx convex import`: upload, confirmation, and the change of the data. */
import type { JSONValue, Value } from 'convex/values'
import type { DocumentValue } from '../engine/types.ts'
import type { Data, DataTransaction } from '../runtime/data.ts'
import type { ImportFile, ImportFormat } from './import-file.ts'
import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { convexToJson, jsonToConvex } from 'convex/values'
import { decodeId } from '../engine/ids.ts'
import { HttpError } from '../http-error.ts'
import { clock } from '../runtime/clock.ts'
import { readImportFile } from './import-file.ts'

/** What an import does with existing documents. */
export type ImportMode = 'requireEmpty' | 'append' | 'replace' | 'replaceAll'

/** The options of the command line. */
export interface ImportOptions {
  tableName?: string
  componentPath?: string
  mode: ImportMode
  format: ImportFormat
}

interface Import {
  id: string
  options: ImportOptions
  file: ImportFile | null
  state: JSONValue
}

/** The documents of one table, decoded to Convex's values. */
interface DecodedTable extends Target {
  documents: DocumentValue[]
}

interface Target {
  component: string
  table: string
}

export class Imports {
  readonly #data: Data
  readonly #uploads = new Map<string, Map<number, Buffer>>()
  readonly #imports = new Map<string, Import>()

  constructor(data: Data) {
    this.#data = data
  }

  /** All imports, as the command line expects them. */
  get list(): JSONValue {
    return [...this.#imports.values()].map(({ id, state }) => ({ _id: id, state }))
  }

  describe(id: string): JSONValue {
    const found = this.#imports.get(id)
    if (found)
      return { _id: found.id, state: found.state }
    return null
  }

  startUpload(): string {
    const token = randomUUID()
    this.#uploads.set(token, new Map())
    return token
  }

  addPart(token: string, number: number, part: Buffer): void {
    this.#requireUpload(token).set(number, part)
  }

  /** Reads the uploaded file. Afterwards, the import waits for its confirmation, or has failed. */
  finishUpload(token: string, options: ImportOptions): string {
    const parts = [...this.#requireUpload(token)].sort(([one], [other]) => one - other)
    this.#uploads.delete(token)
    const created: Import = { id: randomUUID(), options, file: null, state: null }
    this.#imports.set(created.id, created)
    try {
      const content = Buffer.concat(parts.map(([, part]) => part))
      created.file = readImportFile(content, options.format, options.tableName ?? '', options.componentPath ?? '')
      created.state = this.#summarize(created.file, options)
    }
    catch (error) {
      created.state = toFailure(error)
    }
    return created.id
  }

  /**
   * Performs an import in one transaction. If a table needs another number, another transaction
   * clears the replaced tables first.
   */
  async perform(id: string): Promise<void> {
    const found = this.#imports.get(id)
    if (!found?.file)
      throw new HttpError(400, 'ImportNotFound', `There is no import ${id} to perform.`)
    const { file, options } = found
    found.file = null
    try {
      const count = await this.#write(file, options)
      found.state = { state: 'completed', num_rows_written: convexToJson(BigInt(count)) }
    }
    catch (error) {
      found.state = toFailure(error)
    }
  }

  #requireUpload(token: string): Map<number, Buffer> {
    const upload = this.#uploads.get(token)
    if (!upload)
      throw new HttpError(400, 'UploadNotFound', 'There is no upload with this token.')
    return upload
  }

  #summarize({ tables }: ImportFile, options: ImportOptions): JSONValue {
    const occupied = tables.filter(target => this.#count(target) > 0)
    if (options.mode === 'requireEmpty' && occupied.length > 0) {
      throw new Error(`Table ${occupied[0]!.table} already exists. `
        + 'Please choose a new table name or use replace/append modes.')
    }
    const cleared = this.#cleared(tables, options)
    const created = new Map(tables.map(target => [nameOf(target), target.documents.length]))
    const deleted = new Map(cleared.map(target => [nameOf(target), this.#count(target)]))
    const names = new Set([...created.keys(), ...deleted.keys()])
    const rows = [...names].map(name => [name, String(created.get(name) ?? 0), String(deleted.get(name) ?? 0)])
    const summary = ['Import change summary:', ...[['table', 'create', 'delete'], ...rows].map(printRow)]
    return {
      state: 'waiting_for_confirmation',
      message_to_confirm: summary.join('\n'),
      require_manual_confirmation: cleared.some(target => this.#count(target) > 0),
    }
  }

  /** The tables whose documents are deleted first. */
  #cleared(tables: Target[], { mode }: ImportOptions): Target[] {
    switch (mode) {
      case 'replace':
        return tables
      case 'replaceAll':
        return this.#data.engine.tables
          .filter(({ name }) => name === '_storage' || !name.startsWith('_'))
          .map(({ component, name: table }) => ({ component, table }))
      default:
        return []
    }
  }

  #count({ component, table }: Target): number {
    return this.#data.transact(transaction => [...transaction.documents(component, table)].length)
  }

  async #write({ tables, files }: ImportFile, options: ImportOptions): Promise<number> {
    const documents = tables.map(table => ({
      ...table,
      documents: table.documents.map(document => jsonToConvex(document) as DocumentValue),
    }))
    await this.#storeFiles(documents, files)
    const cleared = this.#cleared(tables, options)
    // Only an empty table can receive another number.
    if (documents.some(table => this.#wantedNumber(table) !== undefined)) {
      this.#data.transact(transaction => clearTables(transaction, cleared))
      documents.forEach(table => this.#adoptNumber(table))
    }
    return this.#data.transact((transaction) => {
      clearTables(transaction, cleared)
      let count = 0
      for (const { component, table, documents: rows } of documents) {
        const { documents: schema } = this.#data.schemaOf(component)
        for (const { _id, _creationTime: creationTime, ...fields } of rows) {
          schema.checkWrite(table, fields)
          const _creationTime = (creationTime as number | null | undefined) ?? clock.now()
          if (typeof _id === 'string')
            transaction.engine.restore({ ...fields, _id, _creationTime })
          else
            transaction.insert(component, table, fields)
          count += 1
        }
      }
      return count
    })
  }

  /** Stores the contents of files, and writes the keys of the contents into their documents. */
  async #storeFiles(tables: DecodedTable[], files: Map<string, Buffer>): Promise<void> {
    for (const { documents } of tables.filter(({ table }) => table === '_storage')) {
      for (const document of documents) {
        const content = files.get(document._id as string)
        if (!content)
          throw new Error(`The archive does not contain the file ${document._id as string}.`)
        const { key, size, sha256 } = await this.#data.engine.files.write([content])
        delete document.internalId
        Object.assign(document, { key, size, sha256 } satisfies Record<string, Value>)
      }
    }
  }

  /** The table number in the ids of the imported documents, if the table has another number. */
  #wantedNumber({ component, table, documents: [first] }: DecodedTable): number | undefined {
    const wanted = typeof first?._id === 'string' ? decodeId(first._id)?.table : undefined
    return wanted === this.#data.engine.table(component, table).number ? undefined : wanted
  }

  /** Gives an empty table the number that the ids of the imported documents contain. */
  #adoptNumber(target: DecodedTable): void {
    const { component, table } = target
    const { engine } = this.#data
    const wanted = this.#wantedNumber(target)
    const current = engine.table(component, table)
    if (wanted === undefined)
      return
    const affected = [current, engine.tableByNumber(wanted)].filter(info => info !== undefined)
    const blocking = affected.find(({ component, name }) => this.#count({ component, table: name }) > 0)
    if (blocking) {
      throw new Error(`The ids of the documents for ${table} are not ids of this deployment's table, `
        + `and the table ${blocking.name} is not empty.`)
    }
    engine.renumberTable(current, wanted)
  }
}

function clearTables(transaction: DataTransaction, tables: Target[]): void {
  for (const { component, table } of tables) {
    for (const { id } of [...transaction.documents(component, table)])
      transaction.delete(id)
  }
}

function nameOf({ component, table }: Target): string {
  if (component === '')
    return table
  return `${component}/${table}`
}

function printRow([table = '', create = '', remove = '']: string[]): string {
  return `${table.padEnd(20)} | ${create.padStart(8)} | ${remove.padStart(8)}`
}

function toFailure(error: unknown): JSONValue {
  return { state: 'failed', error_message: (error as Error).message }
}
