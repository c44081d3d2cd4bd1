import type { Deployment } from '../../src/testing/index.ts'
import { Buffer } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'
import { ConvexError } from 'convex/values'
import { useConvexMutation, useConvexStorageUrl, useConvexUpload } from 'convue'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { shallowRef, watch } from 'vue'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { startFixture } from '../support/live/deployment.ts'
import { becomePage, LivePage, LiveSource } from '../support/live/live-page.ts'
import { NodeXhr } from '../support/live/node-xhr.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
const open: LivePage[] = []
beforeEach(() => {
  becomePage()
  vi.stubGlobal('XMLHttpRequest', NodeXhr)
  deployment.log.length = 0
})
afterEach(async () => {
  for (const page of open.splice(0))
    await page.close()
  vi.unstubAllGlobals()
})
afterAll(() => deployment.close())

/** Opens the page of the given user, or of an anonymous user. */
function openPage(userId?: string) {
  const source = new LiveSource({ status: 'signedOut' })
  const page = new LivePage(deployment, { tokenSource: source })
  open.push(page)
  if (userId !== undefined)
    source.signIn(userId)
  return { page, source }
}

function randomFile(name: string, size: number, type = 'application/octet-stream'): File {
  return new File([randomBytes(size)], name, { type })
}

async function hash(file: Blob): Promise<{ size: number, sha256: string }> {
  const bytes = Buffer.from(await file.arrayBuffer())
  return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('base64') }
}

function urlCalls(name = 'files:generateUploadUrl'): number {
  return deployment.log.filter(entry => entry.name === name).length
}

describe('useConvexUpload', () => {
  describe('an uploaded file', () => {
    it('is stored byte for byte, and served at the URL that the query returns to its owner', async () => {
      const { page } = openPage('ada')
      const storageId = shallowRef()
      const { files, save, url } = page.run(() => ({
        files: useConvexUpload(api.files.generateOwnUploadUrl),
        save: useConvexMutation(api.files.saveOwn),
        url: useConvexStorageUrl(api.files.getOwnUrl, storageId).url,
      }))
      const file = randomFile('photo.png', 3_000_000, 'image/png')
      const seen: number[] = []
      page.run(() => watch(files.progress, progress => seen.push(progress), { flush: 'sync' }))

      const [id] = await files.upload(file)
      expect(await deployment.query(api.files.metadata, { storageId: id })).toMatchObject({ ...await hash(file), contentType: 'image/png' })
      expect(seen.length).toBeGreaterThan(3)
      expect(seen).toEqual([...seen].sort((a, b) => a - b))
      expect(seen.at(-1)).toBe(1)

      await save.mutate({ name: file.name, storageId: id })
      storageId.value = id
      await eventually(() => url.value).toContain('http')
      const download = await fetch(url.value!)
      expect(download.headers.get('content-type')).toBe('image/png')
      expect(await hash(await download.blob())).toEqual(await hash(file))

      const { page: other } = openPage('bea')
      const refused = other.run(() => useConvexStorageUrl(api.files.getOwnUrl, id))
      await eventually(() => refused.status.value).toBe('success')
      expect(refused.url.value).toBeNull()
    })

    it('returns the ids of several files in the order of the files', async () => {
      const { page } = openPage()
      const { upload, uploads } = page.run(() => useConvexUpload(api.files.generateUploadUrl, { concurrency: 2 }))
      const files = [200_000, 0, 1, 50_000, 10].map((size, index) => randomFile(`file ${index}`, size))
      const ids = await upload(files)
      const stored = await Promise.all(ids.map(storageId => deployment.query(api.files.metadata, { storageId })))
      expect(stored.map(metadata => ({ size: metadata!.size, sha256: metadata!.sha256 }))).toEqual(await Promise.all(files.map(hash)))
      expect(uploads.value.map(({ status }) => status)).toEqual(files.map(() => 'success'))
      await deployment.settled()
      expect(urlCalls()).toBe(5)
    })
  })

  describe('an upload that the app\'s functions refuse', () => {
    it('does not send the file', async () => {
      const sent = vi.spyOn(NodeXhr.prototype, 'send')
      const { page } = openPage()
      const { upload } = page.run(() => useConvexUpload(api.files.generateOwnUploadUrl))
      const error = await upload(randomFile('a', 10)).catch(error => error)
      expect(error).toBeInstanceOf(ConvexError)
      expect(error.data).toEqual({ code: 'UNAUTHENTICATED' })
      expect(sent).not.toHaveBeenCalled()
    })
  })

  describe('an attempt that fails', () => {
    it('is repeated with another URL after a network failure', async () => {
      const urls: string[] = []
      vi.stubGlobal('XMLHttpRequest', class extends NodeXhr {
        override open(method: string, url: string): void {
          urls.push(url)
          // No server listens at this port.
          super.open(method, urls.length === 1 ? 'http://127.0.0.1:9/' : url)
        }
      })
      const { page } = openPage()
      const { upload, uploads } = page.run(() => useConvexUpload(api.files.generateUploadUrl))
      const file = randomFile('a', 1000)
      const uploaded = upload(file)
      await eventually(() => uploads.value[0]!.status).toBe('waiting')
      const [id] = await uploaded
      expect(await deployment.query(api.files.metadata, { storageId: id })).toMatchObject(await hash(file))
      await deployment.settled()
      expect(urlCalls()).toBe(2)
      expect(urls).toHaveLength(2)
      expect(urls[0]).not.toBe(urls[1])
    })

    it('is not repeated when the deployment refuses the URL', async () => {
      vi.stubGlobal('XMLHttpRequest', class extends NodeXhr {
        override open(method: string, url: string): void {
          super.open(method, `${url}-of-another-user`)
        }
      })
      const { page } = openPage()
      const { upload } = page.run(() => useConvexUpload(api.files.generateUploadUrl))
      await expect(upload(randomFile('a', 1000))).rejects.toMatchObject({ code: 'UPLOAD_FAILED', why: expect.stringContaining('401') })
      await deployment.settled()
      expect(urlCalls()).toBe(1)
    })
  })

  describe('an upload in progress', () => {
  /** Starts the upload of a large file. Resolves while the upload is in progress. */
    async function startUpload(userId: string) {
      const opened = openPage(userId)
      const files = opened.page.run(() => useConvexUpload(api.files.generateOwnUploadUrl))
      const failure = files.upload(randomFile('large', 15_000_000)).catch(error => error)
      await new Promise<void>(resolve => opened.page.run(() => watch(files.progress, progress => progress > 0 && resolve(), { flush: 'sync' })))
      return { ...opened, ...files, failure }
    }

    it('ends at an identity change, is no longer shown and causes no further request', async () => {
      const { source, uploads, failure } = await startUpload('ada')
      source.signIn('bea')
      expect(uploads.value).toEqual([])
      expect(await failure).toMatchObject({ code: 'IDENTITY_CHANGED', outcome: 'unknown' })
      await deployment.settled()
      expect(deployment.log.filter(({ name }) => name === 'files:generateOwnUploadUrl').map(({ subject }) => subject)).toEqual(['ada'])
      expect(uploads.value).toEqual([])
    })

    it('ends when it is cancelled, and the next upload succeeds', async () => {
      const { cancel, upload, failure, uploads } = await startUpload('ada')
      cancel()
      expect(uploads.value.map(({ status }) => status)).toEqual(['cancelled'])
      expect(await failure).toMatchObject({ code: 'UPLOAD_CANCELLED' })
      const file = randomFile('small', 10)
      const [id] = await upload(file)
      expect(await deployment.query(api.files.metadata, { storageId: id })).toMatchObject(await hash(file))
    })
  })
})
