import type { Deployment } from '../../src/testing/index.ts'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { makeFunctionReference } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './start-app.ts'

const FILES = `
import { actionGeneric, mutationGeneric, queryGeneric } from 'convex/server'
export const uploadUrl = mutationGeneric(ctx => ctx.storage.generateUploadUrl())
export const url = queryGeneric((ctx, { id }) => ctx.storage.getUrl(id))
export const metadata = queryGeneric((ctx, { id }) => ctx.storage.getMetadata(id))
export const metadataInAction = actionGeneric((ctx, { id }) => ctx.storage.getMetadata(id))
export const document = queryGeneric((ctx, { id }) => ctx.db.system.get(id))
export const store = actionGeneric((ctx, { text, sha256 }) => ctx.storage.store(new Blob([text]), { sha256 }))
export const remove = mutationGeneric((ctx, { id }) => ctx.storage.delete(id))
`

const uploadUrl = makeFunctionReference<'mutation'>('files:uploadUrl')
const url = makeFunctionReference<'query'>('files:url')
const metadata = makeFunctionReference<'query'>('files:metadata')
const metadataInAction = makeFunctionReference<'action'>('files:metadataInAction')
const document = makeFunctionReference<'query'>('files:document')
const store = makeFunctionReference<'action'>('files:store')
const remove = makeFunctionReference<'mutation'>('files:remove')

let deployment: Deployment
beforeAll(async () => {
  const app = await startApp({ 'files.ts': FILES })
  deployment = app.deployment
  return app.close
})

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('base64')

async function upload(body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(await deployment.mutation(uploadUrl), { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
}

/** Stores a file, and returns its id and its URL. */
async function storeFile(body: BodyInit, headers: Record<string, string> = {}): Promise<{ id: string, url: string }> {
  const { storageId: id } = await (await upload(body, headers)).json() as { storageId: string }
  return { id, url: await deployment.query(url, { id }) }
}

function get(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return fetch(url, { method, headers })
}

describe('the response for a stored file', () => {
  it('has the length, the digest, and headers for caching and range requests', async () => {
    const { url } = await storeFile('roses are red', { 'content-type': 'text/x-poem' })
    const response = await get(url)
    expect([response.status, await response.text()]).toEqual([200, 'roses are red'])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/x-poem',
      'content-length': '13',
      'cache-control': 'private, max-age=2592000',
      'accept-ranges': 'bytes',
      'digest': `sha-256=${sha256('roses are red')}`,
    })
  })

  it('has the same headers and no body if the method is HEAD', async () => {
    const { url } = await storeFile('roses are red')
    const response = await get(url, {}, 'HEAD')
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '13', ''])
  })

  it('has status 200 and no content for an empty file, even if the request names a range', async () => {
    const { url } = await storeFile('')
    for (const headers of [{}, { range: 'bytes=0-4' }] as Record<string, string>[]) {
      const response = await get(url, headers)
      expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '0', ''])
    }
  })

  it('has status 400 for a name that is not a UUID, and 404 for an unknown name', async () => {
    const bad = await get(`${deployment.url}/api/storage/not-a-uuid`)
    expect([bad.status, await bad.json()]).toEqual([400, { code: 'InvalidStoragePath', message: expect.stringContaining('Invalid storage path: "not-a-uuid"') }])
    const unknown = await get(`${deployment.url}/api/storage/00000000-0000-4000-8000-000000000000`)
    expect([unknown.status, await unknown.json()]).toEqual([404, { code: 'FileNotFound', message: expect.any(String) }])
  })

  it('has status 404 after the file was deleted', async () => {
    const { id, url } = await storeFile('short-lived')
    await deployment.mutation(remove, { id })
    expect((await get(url)).status).toBe(404)
  })
})

describe('a request with the header Range', () => {
  const text = `${'x'.repeat(2 ** 20 - 5)}0123456789`
  let url: string
  beforeAll(async () => {
    ({ url } = await storeFile(text))
  })

  it.each([
    ['bytes=0-3', 'xxxx', `bytes 0-3/${text.length}`],
    // Files are stored in chunks of 1 MiB, so this range is in two chunks.
    [`bytes=${2 ** 20 - 7}-${2 ** 20 + 1}`, 'xx0123456', `bytes ${2 ** 20 - 7}-${2 ** 20 + 1}/${text.length}`],
    [`bytes=${2 ** 20}-`, '56789', `bytes ${2 ** 20}-${text.length - 1}/${text.length}`],
    [`bytes=${2 ** 20}-99999999`, '56789', `bytes ${2 ** 20}-${text.length - 1}/${text.length}`],
    ['bytes=-4', '6789', `bytes ${text.length - 4}-${text.length - 1}/${text.length}`],
  ])('is answered with status 206 and the part: %s', async (range, part, contentRange) => {
    const response = await get(url, { range })
    expect([response.status, await response.text()]).toEqual([206, part])
    expect(response.headers.get('content-range')).toBe(contentRange)
    expect(response.headers.get('content-length')).toBe(String(part.length))
    expect(response.headers.get('accept-ranges')).toBe('bytes')
  })

  it.each(['bytes=99999999-', 'bytes=5-4', 'bytes=-0', 'bytes=0-1,4-5'])('is answered with status 416 if the file has no such part: %s', async (range) => {
    const response = await get(url, { range })
    expect([response.status, await response.text()]).toEqual([416, ''])
    expect(response.headers.get('content-range')).toBe(`bytes */${text.length}`)
  })

  it.each(['pages=1-2', 'bytes', 'bytes=a-b', 'bytes=-'])('is answered with the whole file if the header is malformed: %s', async (range) => {
    const response = await get(url, { range })
    expect([response.status, (await response.text()).length]).toEqual([200, text.length])
  })
})

describe('an upload', () => {
  it('may be larger than 20 MiB, and is stored and served without being in memory as a whole', async () => {
    const part = new Uint8Array(2 ** 20).fill(7)
    const parts = 40
    const { id, url } = await storeFile(Readable.toWeb(Readable.from(Array.from({ length: parts }).fill(part))) as BodyInit)
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of (await get(url)).body! as unknown as AsyncIterable<Uint8Array>) {
      hash.update(chunk)
      size += chunk.length
    }
    expect(size).toBe(parts * 2 ** 20)
    expect(await deployment.query(document, { id })).toMatchObject({ size, sha256: hash.digest('base64') })
  })

  it('is refused with 400 if its Digest header names another hash, and stores nothing', async () => {
    const accepted = await upload('a poem', { digest: `sha-256=${sha256('a poem')}` })
    expect(accepted.status).toBe(200)
    const refused = await upload('a poem', { digest: `sha-256=${sha256('another poem')}` })
    expect([refused.status, await refused.json()]).toEqual([400, {
      code: 'Sha256Mismatch',
      message: `Sha256 mismatch. Expected: ${sha256('another poem')} Actual: ${sha256('a poem')}`,
    }])
    const malformed = await upload('a poem', { digest: 'md5=1' })
    expect([malformed.status, await malformed.json()]).toMatchObject([400, { code: 'BadHeader' }])
  })
})

describe('storage.store', () => {
  it('checks the hash that the option sha256 names', async () => {
    const id = await deployment.action(store, { text: 'a poem', sha256: sha256('a poem') })
    expect(await deployment.query(document, { id })).toMatchObject({ size: 6, sha256: sha256('a poem') })
    await expect(deployment.action(store, { text: 'a poem', sha256: sha256('another') })).rejects.toThrow('Sha256 mismatch')
  })
})

describe('storage.getMetadata', () => {
  it('describes a file in queries and actions, with the hash in hexadecimal digits', async () => {
    const { id } = await storeFile('a poem', { 'content-type': 'text/x-poem' })
    const expected = { storageId: id, sha256: Buffer.from(sha256('a poem'), 'base64').toString('hex'), size: 6, contentType: 'text/x-poem' }
    expect(await deployment.query(metadata, { id })).toEqual(expected)
    expect(await deployment.action(metadataInAction, { id })).toEqual(expected)
    await deployment.mutation(remove, { id })
    expect(await deployment.query(metadata, { id })).toBeNull()
  })
})
