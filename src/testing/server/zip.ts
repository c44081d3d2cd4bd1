/** Reads and writes ZIP archives, with the features that exports of Convex need. */
import { Buffer } from 'node:buffer'
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'

/** A file of an archive. */
export interface ZipEntry {
  name: string
  data: Buffer
}

const LOCAL_HEADER = 0x04034B50
const CENTRAL_HEADER = 0x02014B50
const END_OF_DIRECTORY = 0x06054B50
const END_LENGTH = 22
const VERSION = 20
const UTF8_NAMES = 0x800
const DEFLATED = 8
const STORED = 0
/** Midnight of the first day that an archive can contain: 1980-01-01. */
const FIRST_DAY = 0x21

export function writeZip(entries: ZipEntry[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, data } of entries) {
    const path = Buffer.from(name)
    const content = deflateRawSync(data)
    const fields = describeEntry(data, content, path)
    const local = Buffer.concat([integers([LOCAL_HEADER, 4], [VERSION, 2]), fields, integers([0, 2]), path])
    directory.push(
      integers([CENTRAL_HEADER, 4], [VERSION, 2], [VERSION, 2]),
      fields,
      integers([0, 2], [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]),
      path,
    )
    parts.push(local, content)
    offset += local.length + content.length
  }
  const central = Buffer.concat(directory)
  const end = integers(
    [END_OF_DIRECTORY, 4],
    [0, 2],
    [0, 2],
    [entries.length, 2],
    [entries.length, 2],
    [central.length, 4],
    [offset, 4],
    [0, 2],
  )
  return Buffer.concat([...parts, central, end])
}

/** @throws {Error} if the bytes are not an archive. */
export function readZip(archive: Buffer): ZipEntry[] {
  const end = archive.lastIndexOf(integers([END_OF_DIRECTORY, 4]))
  if (end < 0 || end + END_LENGTH > archive.length)
    throw new Error('The file is not a ZIP archive.')
  const entries: ZipEntry[] = []
  let position = archive.readUInt32LE(end + 16)
  for (let count = archive.readUInt16LE(end + 10); count > 0; count--) {
    if (archive.readUInt32LE(position) !== CENTRAL_HEADER)
      throw new Error('The directory of the ZIP archive is damaged.')
    const nameLength = archive.readUInt16LE(position + 28)
    const name = archive.toString('utf8', position + 46, position + 46 + nameLength)
    if (!name.endsWith('/'))
      entries.push({ name, data: readEntry(archive, position) })
    position += 46 + nameLength + archive.readUInt16LE(position + 30) + archive.readUInt16LE(position + 32)
  }
  return entries
}

/** The content of the file that an entry of the directory describes. */
function readEntry(archive: Buffer, position: number): Buffer {
  const method = archive.readUInt16LE(position + 10)
  const size = archive.readUInt32LE(position + 20)
  const local = archive.readUInt32LE(position + 42)
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
  const content = archive.subarray(start, start + size)
  if (method === STORED)
    return content
  if (method !== DEFLATED)
    throw new Error(`The ZIP archive uses the compression method ${method}, which is not supported.`)
  return inflateRawSync(content)
}

/** The fields that both headers of an entry have. */
function describeEntry(data: Buffer, content: Buffer, path: Buffer): Buffer {
  return integers(
    [UTF8_NAMES, 2],
    [DEFLATED, 2],
    [0, 2],
    [FIRST_DAY, 2],
    [crc32(data), 4],
    [content.length, 4],
    [data.length, 4],
    [path.length, 2],
  )
}

/** Little-endian integers of two or four bytes. */
function integers(...values: [value: number, bytes: 2 | 4][]): Buffer {
  const buffer = Buffer.alloc(values.reduce((sum, [, bytes]) => sum + bytes, 0))
  let offset = 0
  for (const [value, bytes] of values) {
    buffer.writeUIntLE(value, offset, bytes)
    offset += bytes
  }
  return buffer
}
