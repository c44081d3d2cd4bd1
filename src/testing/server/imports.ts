/** Imports of data with `npx convex import`: upload, confirmation, and the change of the data. */
import type { JSONValue, Value } from 'convex/values'
import type { TableContents } from '../engine/table-contents.ts'
import type { DocumentValue, TableInfo } from '../engine/types.ts'
import type { Data } from '../runtime/data.ts'
import type { ImportFile, ImportFormat } from './import-file.ts'
import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { convexToJson, jsonToConvex } from 'convex/values'
import { checkFields } from '../engine/document-fields.ts'
import { decodeId } from '../engine/ids.ts'
import { checkDocument } from '../engine/value-limits.ts'
import { HttpError } from '../http-error.ts'
import { STORAGE } from '../runtime/files.ts'
import { readImportFile } from './import-file.ts'

/** The treatment of existing documents by an import. */
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

  /** Changes the data in one commit. If the import fails, nothing has changed. */
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

  /**
   * Replaces all data with the contents of an archive.
   *
   * @throws Error if the archive cannot be imported. Then nothing has changed.
   */
  async replaceAll(archive: Buffer): Promise<void> {
    await this.#write(readImportFile(archive, 'zip', '', ''), { mode: 'replaceAll', format: 'zip' })
  }

  #requireUpload(token: string): Map<number, Buffer> {
    const upload = this.#uploads.get(token)
    if (!upload)
      throw new HttpError(400, 'UploadNotFound', 'There is no upload with this token.')
    return upload
  }

  #summarize({ tables }: ImportFile, options: ImportOptions): JSONValue {
    const occupied = tables.find(target => this.#count(target) > 0)
    if (options.mode === 'requireEmpty' && occupied)
      throw alreadyExists(occupied)
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
          .filter(({ name }) => name === STORAGE || !name.startsWith('_'))
          .map(({ component, name: table }) => ({ component, table }))
      default:
        return []
    }
  }

  /** Counts the documents of a table. A missing table is not added, since the import may fail. */
  #count({ component, table }: Target): number {
    const exists = this.#data.engine.tables.some(info => info.component === component && info.name === table)
    if (!exists)
      return 0
    return this.#data.transact(transaction => [...transaction.documents(component, table)].length)
  }

  async #write({ tables, files }: ImportFile, options: ImportOptions): Promise<number> {
    const decoded = tables.map(table => ({ ...table, documents: table.documents.map(decodeDocument) }))
    const stored = await this.#storeFiles(decoded, files)
    try {
      return this.#data.engine.replaceContents((contents) => {
        const cleared = this.#cleared(tables, options)
        return this.#change(new ImportedContents(contents), decoded, cleared, options.mode)
      })
    }
    catch (error) {
      stored.forEach(key => this.#data.engine.files.delete(key))
      throw error
    }
  }

  /** Returns the number of documents that have been written. */
  #change(contents: ImportedContents, tables: DecodedTable[], cleared: Target[], mode: ImportMode): number {
    const occupied = tables.find(target => !contents.isEmpty(target))
    // Functions may have written to the table since the upload.
    if (mode === 'requireEmpty' && occupied)
      throw alreadyExists(occupied)
    cleared.forEach(target => contents.clear(target))
    tables.forEach(target => contents.adoptNumber(target, target.documents[0]?._id))
    const policy = this.#data.limitPolicy(() => {})
    for (const target of tables) {
      const { documents: schema } = this.#data.schemaOf(target.component)
      for (const { _id, _creationTime, ...fields } of target.documents) {
        checkFields(fields, null)
        checkDocument(fields, policy)
        schema.checkWrite(target.table, fields)
        contents.put(target, { ...fields, _id, _creationTime })
      }
    }
    return tables.reduce((count, { documents }) => count + documents.length, 0)
  }

  /**
   * Stores the contents of files, writes the keys of the contents into their documents, and returns
   * the keys. If storing fails, no contents remain.
   */
  async #storeFiles(tables: DecodedTable[], files: Map<string, Buffer>): Promise<string[]> {
    const stored: string[] = []
    const documents = tables.filter(({ table }) => table === STORAGE).flatMap(({ documents }) => documents)
    try {
      for (const document of documents) {
        const content = files.get(document._id as string)
        if (!content)
          throw new Error(`The archive does not contain the file ${document._id as string}.`)
        const { key, size, sha256 } = await this.#data.engine.files.write([content])
        stored.push(key)
        delete document.internalId
        Object.assign(document, { key, size, sha256 } satisfies Record<string, Value>)
      }
      return stored
    }
    catch (error) {
      stored.forEach(key => this.#data.engine.files.delete(key))
      throw error
    }
  }
}

/** The tables during an import, by the names of their components. */
class ImportedContents {
  readonly #contents: TableContents

  constructor(contents: TableContents) {
    this.#contents = contents
  }

  isEmpty(target: Target): boolean {
    return this.#contents.isEmpty(this.#find(target))
  }

  /** Deletes all documents of a table, with the contents of their files. */
  clear(target: Target): void {
    const table = this.#find(target)
    if (table.name === STORAGE) {
      for (const { value } of this.#contents.documents(table))
        this.#contents.deleteFile(value.key as string)
    }
    this.#contents.clear(table)
  }

  /** Gives an empty table the number that the ids of the imported documents contain. */
  adoptNumber(target: Target, id: unknown): void {
    const table = this.#find(target)
    const wanted = typeof id === 'string' ? decodeId(id)?.table : undefined
    if (wanted === undefined || wanted === table.number)
      return
    const affected = [table, this.#contents.byNumber(wanted)].filter(found => found !== undefined)
    const blocking = affected.find(found => !this.#contents.isEmpty(found))
    if (blocking) {
      throw new Error(`The ids of the documents for ${table.name} are not ids of this deployment's table, `
        + `and the table ${blocking.name} is not empty.`)
    }
    this.#contents.renumber(table, wanted)
  }

  put(target: Target, { _id, _creationTime, ...fields }: DocumentValue): void {
    const table = this.#find(target)
    const before = this.#contents.put(table, {
      ...fields,
      ...typeof _id === 'string' && { _id },
      ...typeof _creationTime === 'number' && { _creationTime },
    })
    if (table.name === STORAGE && before)
      this.#contents.deleteFile(before.value.key as string)
  }

  #find({ component, table }: Target): TableInfo {
    return this.#contents.table(component, table)
  }
}

function decodeDocument(document: Record<string, JSONValue>): DocumentValue {
  return jsonToConvex(document) as DocumentValue
}

function alreadyExists({ table }: Target): Error {
  return new Error(`Table ${table} already exists. Please choose a new table name or use replace/append modes.`)
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
