/** Reads the files that `npx convex import` sends: ZIP, lines of JSON, JSON arrays and CSV. */
import type { JSONValue } from 'convex/values'
import type { Buffer } from 'node:buffer'
import type { ZipEntry } from './zip.ts'
import { isIdentifier } from '../engine/identifiers.ts'
import { STORAGE } from '../runtime/files.ts'
import { fromExportJson, SCHEMA_MARKER } from './export-json.ts'
import { readZip } from './zip.ts'

export type ImportFormat = 'zip' | 'jsonLines' | 'jsonArray' | 'csv'

/** The documents of one table. */
export interface ImportedTable {
  component: string
  table: string
  documents: Record<string, JSONValue>[]
}

/** The content of an imported file. */
export interface ImportFile {
  tables: ImportedTable[]
  /** The contents of stored files, by the id of their document. */
  files: Map<string, Buffer>
}

const DOCUMENTS = /^(?:.*\/)?([^/]+)\/documents\.jsonl$/
const DOCUMENTS_FILE = /documents\.jsonl$/
const SCHEMA_FILE = /generated_schema\.jsonl$/
const STORED_FILE = /^(?:.*\/)?_storage\/([^/.]+)(?:\.[^/]*)?$/

/** @throws {Error} if the file does not have the format, or cannot be imported. */
export function readImportFile(content: Buffer, format: ImportFormat, table: string, component: string): ImportFile {
  const file = parseFile(content, format, table, component)
  file.tables.forEach(checkTable)
  return file
}

function parseFile(content: Buffer, format: ImportFormat, table: string, component: string): ImportFile {
  switch (format) {
    case 'zip':
      return readArchive(content, component)
    case 'jsonLines':
      return { tables: [{ component, table, documents: parseLines(content.toString()) }], files: new Map() }
    case 'jsonArray':
      return { tables: [{ component, table, documents: parseArray(content.toString()) }], files: new Map() }
    case 'csv':
      return { tables: [{ component, table, documents: parseCsv(content.toString()) }], files: new Map() }
    default:
      throw new Error(`Unknown format: ${String(format satisfies never)}`)
  }
}

/** Refuses a table that Convex does not import, before the import is confirmed. */
function checkTable({ table, documents }: ImportedTable): void {
  if (!isIdentifier(table) || (table.startsWith('_') && table !== STORAGE)) {
    throw new Error(`${JSON.stringify(table)} isn't a valid table name: a name begins with a letter, `
      + 'and has at most 64 letters, digits and underscores.')
  }
  const ids = documents.map(({ _id }) => _id).filter(id => id !== undefined)
  if (new Set(ids).size < ids.length)
    throw new Error(`Objects in table "${table}" have duplicate _id fields`)
}

function readArchive(content: Buffer, base: string): ImportFile {
  const tables: ImportedTable[] = []
  const files = new Map<string, Buffer>()
  const entries = readZip(content)
  const marked = new Set(entries.filter(isMarker).map(({ name }) => name.replace(SCHEMA_FILE, '')))
  for (const { name, data } of entries) {
    const table = DOCUMENTS.exec(name)?.[1]
    const file = STORED_FILE.exec(name)?.[1]
    if (table !== undefined && (table === STORAGE || !table.startsWith('_'))) {
      const isMarked = marked.has(name.replace(DOCUMENTS_FILE, ''))
      const documents = parseLines(toEncodedJson(data.toString(), isMarked))
      tables.push({ component: componentOf(name, base), table, documents })
    }
    else if (table === undefined && file !== undefined) {
      files.set(file, data)
    }
  }
  return { tables, files }
}

function isMarker({ name, data }: ZipEntry): boolean {
  return SCHEMA_FILE.test(name) && data.toString().startsWith(SCHEMA_MARKER.trim())
}

/** Documents only distinguish integers from floats if their folder contains a marker file. */
function toEncodedJson(lines: string, isMarked: boolean): string {
  if (isMarked)
    return fromExportJson(lines)
  return lines
}

/** The component whose folder contains a file of the archive. */
function componentOf(name: string, base: string): string {
  const names = [...name.matchAll(/(?:^|\/)_components\/([^/]+)(?=\/)/g)].map(([, component]) => component!)
  return [base, ...names].filter(Boolean).join('/')
}

function parseLines(text: string): Record<string, JSONValue>[] {
  return text.split('\n').filter(line => line.trim() !== '').map(line => toDocument(JSON.parse(line)))
}

function parseArray(text: string): Record<string, JSONValue>[] {
  const documents = JSON.parse(text) as unknown
  if (!Array.isArray(documents))
    throw new TypeError('The file is not a JSON array.')
  return documents.map(toDocument)
}

function toDocument(value: unknown): Record<string, JSONValue> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`A document must be an object: ${JSON.stringify(value)}`)
  return value as Record<string, JSONValue>
}

/** A field of CSV, with or without quotes, and the character that ends it. */
const CSV_FIELD = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/y

/** The first row has the names of the fields. Numbers become floats, everything else text. */
function parseCsv(text: string): Record<string, JSONValue>[] {
  const rows: string[][] = []
  let row: string[] = []
  CSV_FIELD.lastIndex = 0
  while (CSV_FIELD.lastIndex < text.length) {
    const match = CSV_FIELD.exec(text)
    if (!match)
      throw new Error('The CSV file is malformed.')
    const [, field = '', end] = match
    row.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field)
    if (end === ',')
      continue
    rows.push(row)
    row = []
  }
  const [names = [], ...records] = rows
  return records.map(values => Object.fromEntries(names.map((name, index) => [name, parseField(values[index] ?? '')])))
}

function parseField(text: string): JSONValue {
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? text : number
}
