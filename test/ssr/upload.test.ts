import type { GenericId } from 'convex/values'
import { renderToString } from '@vue/server-renderer'
import { makeFunctionReference } from 'convex/server'
import { createConvex, useConvexStorageUrl, useConvexUpload, useFilePreview } from 'convue'
import { afterEach, expect, it, vi } from 'vitest'
import { createSSRApp, defineComponent, h } from 'vue'

const generateUploadUrl = makeFunctionReference<'mutation', Record<string, never>, string>('files:generateUploadUrl')
const getUrl = makeFunctionReference<'query', { storageId: GenericId<'_storage'> }, string | null>('files:getUrl')

afterEach(() => {
  vi.unstubAllGlobals()
})

it('useConvexUpload, useConvexStorageUrl and useFilePreview do nothing on a server', async () => {
  const sent = vi.fn()
  vi.stubGlobal('XMLHttpRequest', sent)
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const made = vi.spyOn(URL, 'createObjectURL')
  const file = new File(['text'], 'a.txt')
  let failure: Promise<unknown>
  const Root = defineComponent(() => {
    const { upload, uploads, isPending, progress } = useConvexUpload(generateUploadUrl)
    const { url } = useConvexStorageUrl(getUrl, 'a' as GenericId<'_storage'>, { preview: file })
    const preview = useFilePreview(file)
    failure = upload(file).catch(error => error)
    return () => h('p', JSON.stringify([uploads.value, isPending.value, progress.value, url.value ?? null, preview.value ?? null]))
  })
  const html = await renderToString(createSSRApp(Root).use(createConvex({ url: 'https://happy-otter-123.convex.cloud' })))
  expect(html).toBe('<p>[[],false,0,null,null]</p>')
  expect(await failure!).toMatchObject({ code: 'CLIENT_UNAVAILABLE' })
  expect(sent).not.toHaveBeenCalled()
  expect(timers).not.toHaveBeenCalled()
  expect(made).not.toHaveBeenCalled()
})
