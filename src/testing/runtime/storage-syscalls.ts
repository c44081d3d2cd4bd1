/** System calls that store, read and delete files. */
import type { DataTransaction } from './data.ts'
import type { Invocation } from './invocation.ts'
import type { Syscall, SyscallHost } from './syscall.ts'
import { Buffer } from 'node:buffer'
import { Bytes, refuse } from './syscall.ts'

interface FileArgs {
  storageId: string
}

interface StoreArgs {
  contentType?: string | null
  sha256?: string | null
}

const getUrl: Syscall = (invocation, { storageId }: FileArgs, host) => {
  const id = requireStorageId(invocation, storageId, 'getUrl', host)
  return transact(invocation, host, (transaction) => {
    const name = host.files.nameOf(transaction, id)
    if (name === null)
      return null
    return `${host.urls().url}/api/storage/${name}`
  })
}

const getMetadata: Syscall = (invocation, { storageId }: FileArgs, host) => {
  const id = requireStorageId(invocation, storageId, 'getMetadata', host)
  return transact(invocation, host, (transaction) => {
    const document = transaction.get(id)?.value
    if (!document)
      return null
    const { sha256, size, contentType = null } = document
    // `storage.getMetadata` returns the hash in hexadecimal digits, unlike `db.system.get`.
    return { storageId, sha256: Buffer.from(sha256 as string, 'base64').toString('hex'), size, contentType } as never
  })
}

const generateUploadUrl: Syscall = ({ path }, _args, host) =>
  `${host.urls().url}/api/storage/upload?token=${host.files.createUploadToken(path.component)}`

const remove: Syscall = (invocation, { storageId }: FileArgs, host) => {
  const id = requireStorageId(invocation, storageId, 'delete', host)
  transact(invocation, host, (transaction) => {
    if (!transaction.get(id))
      refuse(`storage id ${storageId} not found`)
    transaction.delete(id)
  })
  return null
}

/** Stores the file of an action. Only `jsSyscall` passes the content. */
const storeBlob: Syscall = async ({ path }, { contentType, sha256 }: StoreArgs, { files }, bytes) => {
  if (!bytes)
    return refuse('Unknown async operation storage/storeBlob')
  const file = { contents: [bytes], contentType: contentType || null, expectedSha256: sha256 ?? null }
  return await files.store(null, path.component, file)
}

/** Stores a file in the transaction of a mutation. The content is encoded as base64. */
const store: Syscall = async (invocation, { blob, contentType, sha256 }: StoreArgs & { blob: string }, { files }) => {
  const { transaction } = invocation.execution
  const bytes = Buffer.from(blob, 'base64')
  transaction!.meter.writeFile(bytes.length)
  const file = { contents: [bytes], contentType: contentType || null, expectedSha256: sha256 ?? null }
  return await files.store(transaction, invocation.path.component, file)
}

const get: Syscall = (invocation, { storageId }: FileArgs, host) => {
  const file = readFile(invocation, storageId, host)
  if (!file)
    return null
  invocation.execution.transaction!.meter.readFile(file.bytes.length)
  return { blob: Buffer.from(file.bytes).toString('base64'), contentType: file.contentType }
}

const getBlob: Syscall = (invocation, { storageId }: FileArgs, host) => {
  const file = readFile(invocation, storageId, host)
  return file && new Bytes({ contentType: file.contentType }, file.bytes)
}

/** Reads in the transaction of the function, or, in an action, the newest data. */
function transact<Result>(
  { execution: { transaction } }: Invocation,
  { data }: SyscallHost,
  body: (transaction: DataTransaction) => Result,
): Result {
  if (transaction)
    return body(transaction)
  return data.transact(body)
}

function readFile(
  invocation: Invocation,
  storageId: string,
  host: SyscallHost,
): { bytes: Uint8Array, contentType: string | null } | null {
  const id = requireStorageId(invocation, storageId, 'get', host)
  const file = transact(invocation, host, transaction => host.files.content(transaction, id))
  return file && { bytes: Buffer.concat([...file.read()]), contentType: file.contentType }
}

function requireStorageId(invocation: Invocation, storageId: string, method: string, { data }: SyscallHost): string {
  if (data.tableOf(invocation.path.component, storageId) !== '_storage') {
    refuse(`Invalid argument \`storageId\` for \`storage.${method}\`: `
      + `Unable to decode ID: "${storageId}" is not the id of a stored file.`)
  }
  return storageId
}

export const storageSyscalls = {
  '1.0/storageGetUrl': getUrl,
  '1.0/storageGetMetadata': getMetadata,
  '1.0/storageGenerateUploadUrl': generateUploadUrl,
  '1.0/storageDelete': remove,
  '1.0/storageStore': store,
  '1.0/storageGet': get,
  'storage/storeBlob': storeBlob,
  'storage/getBlob': getBlob,
} satisfies Record<string, Syscall>
