import type { GenericId } from 'convex/values'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { makeFunctionReference } from 'convex/server'
import { useConvexStorageUrl } from 'convue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ref, shallowRef } from 'vue'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

type StorageId = GenericId<'_storage'>

const getUrl = makeFunctionReference<'query', { storageId: StorageId }, string | null>('files:getUrl')
const getThumbnail = makeFunctionReference<'query', { of: StorageId, width: number }, string | null>('files:getThumbnail')

let page: ScriptedPage
setupScriptedPage()
beforeEach(() => {
  vi.spyOn(URL, 'createObjectURL').mockImplementation(file => `blob:${(file as File).name}`)
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => {})
})

function openPage(options?: ScriptedPageOptions): void {
  page = new ScriptedPage(options)
  page.deployment.latencyMs = 20
  page.deployment.functions.set('files:getUrl', ({ storageId }, subject) => storageId === 'gone' ? null : `https://files/${storageId}?for=${subject ?? 'anonymous'}`)
  page.deployment.functions.set('files:getThumbnail', ({ of, width }) => `https://thumbnails/${of}/${width}`)
}

function mountUrl(first?: string) {
  openPage({ user: 'ada' })
  const storageId = ref(first as StorageId | null | undefined)
  const preview = shallowRef<File | null>()
  const { result } = page.run(() => useConvexStorageUrl(getUrl, storageId, { preview, lingerMs: 0 }))
  return { storageId, preview, ...result }
}

const store = (name: string): StorageId => name as StorageId

describe('useConvexStorageUrl', () => {
  describe('url', () => {
    it('is the live result of the query for the storage id', async () => {
      const { url, storageId, isPending, status } = mountUrl('a')
      expect([url.value, isPending.value]).toEqual([undefined, true])
      await page.tick(100)
      expect([url.value, status.value]).toEqual(['https://files/a?for=ada', 'success'])
      storageId.value = store('gone')
      await page.tick(100)
      expect(url.value).toBeNull()
    })

    it('is not requested without a storage id', async () => {
      const { url, status, storageId } = mountUrl()
      await page.tick(100)
      expect([url.value, status.value]).toEqual([undefined, 'paused'])
      storageId.value = null
      await page.tick(100)
      expect(status.value).toBe('paused')
      expect(page.deployment.executions).toEqual([])
    })

    it('is requested with the arguments that `args` returns', async () => {
      openPage()
      const { url } = page.run(() => useConvexStorageUrl(getThumbnail, store('a'), { args: of => ({ of, width: 64 }) })).result
      await page.tick(100)
      expect(url.value).toBe('https://thumbnails/a/64')
    })

    it('is requested in the auth mode of the option `auth`', async () => {
      openPage({ user: 'ada' })
      const { url } = page.run(() => useConvexStorageUrl(getUrl, store('a'), { auth: 'public' })).result
      await page.tick(100)
      expect(url.value).toBe('https://files/a?for=anonymous')
    })

    it('is undefined while the query fails', async () => {
      const { url, error, status } = mountUrl('a')
      page.deployment.functions.set('files:getUrl', () => {
        throw new Error('not yours')
      })
      await page.tick(100)
      expect([url.value, status.value]).toEqual([undefined, 'error'])
      expect(error.value!.message).toContain('not yours')
    })
  })

  describe('preview', () => {
    it('is shown until the URL of the stored file is known', async () => {
      const { url, storageId, preview } = mountUrl()
      await page.tick(100)
      preview.value = new File([], 'chosen')
      expect(url.value).toBe('blob:chosen')
      storageId.value = store('a')
      expect(url.value).toBe('blob:chosen')
      await page.tick(100)
      expect(url.value).toBe('https://files/a?for=ada')
    })

    it('is shown instead of the stored file that it replaces', async () => {
      const { url, storageId, preview } = mountUrl('old')
      await page.tick(100)
      expect(url.value).toBe('https://files/old?for=ada')
      preview.value = new File([], 'chosen')
      await page.tick(100)
      expect(url.value).toBe('blob:chosen')
      storageId.value = store('new')
      await page.tick(10)
      expect(page.deployment.executions.at(-1)!.args).toEqual({ storageId: 'new' })
      expect(url.value).toBe('blob:chosen')
      await page.tick(100)
      expect(url.value).toBe('https://files/new?for=ada')
    })

    it('is replaced by the stored file when the preview is removed', async () => {
      const { url, preview } = mountUrl('old')
      await page.tick(100)
      preview.value = new File([], 'chosen')
      preview.value = null
      expect(url.value).toBe('https://files/old?for=ada')
    })

    it('is not shown after an identity change', async () => {
      const { url, preview } = mountUrl()
      await page.tick(100)
      preview.value = new File([], 'chosen')
      page.source.signIn('bea')
      expect(url.value).toBeUndefined()
      await page.tick(100)
      expect(url.value).toBeUndefined()
      preview.value = new File([], 'of bea')
      expect(url.value).toBe('blob:of bea')
    })
  })
})
