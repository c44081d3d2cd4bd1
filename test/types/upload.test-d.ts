import type { GenericId } from 'convex/values'
import type { ConvexUpload } from 'convue'
import type { Id } from '../support/convex/_generated/dataModel'
import { makeFunctionReference } from 'convex/server'
import { useConvexMutation, useConvexStorageUrl, useConvexUpload, useFilePreview } from 'convue'
import { describe, expectTypeOf, it } from 'vitest'
import { ref, shallowRef } from 'vue'
import { api } from '../support/convex/_generated/api.js'

const requestUrl = makeFunctionReference<'mutation', { folder: string }, string>('files:requestUrl')
const getThumbnail = makeFunctionReference<'query', { of: Id<'_storage'>, width: number }, string | null>('files:getThumbnail')
declare const file: File
declare const blob: Blob
declare const input: HTMLInputElement

describe('useConvexUpload: types', () => {
  it('returns one id for one file, and a list for a list', () => {
    const { upload } = useConvexUpload(api.files.generateUploadUrl)
    expectTypeOf(upload(file)).resolves.toEqualTypeOf<[GenericId<'_storage'>]>()
    expectTypeOf(upload(blob)).resolves.toEqualTypeOf<[GenericId<'_storage'>]>()
    expectTypeOf(upload([file, blob])).resolves.toEqualTypeOf<GenericId<'_storage'>[]>()
    expectTypeOf(upload(input.files)).resolves.toEqualTypeOf<GenericId<'_storage'>[]>()
    expectTypeOf(upload(undefined)).resolves.toEqualTypeOf<GenericId<'_storage'>[]>()
    // @ts-expect-error an event is not a file
    void upload(new Event('change'))
    // @ts-expect-error a path is not a file
    void upload(['a.png'])
  })

  it('returns ids that functions of the app accept', async () => {
    const { upload } = useConvexUpload(api.files.generateUploadUrl)
    const { mutate } = useConvexMutation(api.files.save)
    const [storageId] = await upload(file)
    expectTypeOf(storageId).toEqualTypeOf<Id<'_storage'>>()
    void mutate({ name: file.name, storageId })
  })

  it('takes the arguments of the mutation, and a signal', () => {
    const { upload } = useConvexUpload(requestUrl)
    void upload(file, { folder: 'a' })
    void upload(file, { folder: 'a' }, { signal: AbortSignal.timeout(1000) })
    // @ts-expect-error the folder is missing
    void upload(file)
    // @ts-expect-error the folder is a string
    void upload(file, { folder: 1 })
    void useConvexUpload(api.files.generateUploadUrl).upload(file, {}, { signal: AbortSignal.timeout(1000) })
  })

  it('requires a mutation that returns a URL', () => {
    // @ts-expect-error the mutation returns nothing
    useConvexUpload(api.files.remove)
    // @ts-expect-error a query is not a mutation
    useConvexUpload(api.files.list)
  })

  it('has callbacks with the chosen file', () => {
    useConvexUpload(api.files.generateUploadUrl, {
      accept: () => 'image/*',
      maxSize: ref(1000),
      onSuccess: (storageId, chosen) => {
        expectTypeOf(storageId).toEqualTypeOf<Id<'_storage'>>()
        expectTypeOf(chosen).toEqualTypeOf<File>()
      },
      onError: error => expectTypeOf(error).toEqualTypeOf<Error>(),
      onSettled: (storageId, error) => expectTypeOf([storageId, error] as const).toEqualTypeOf<readonly [Id<'_storage'> | undefined, Error | undefined]>(),
    })
  })

  it('has a state that narrows, and is read-only', () => {
    const { uploads, isPending, progress, cancel } = useConvexUpload(api.files.generateUploadUrl)
    expectTypeOf(uploads.value).toEqualTypeOf<readonly ConvexUpload[]>()
    expectTypeOf(isPending.value).toEqualTypeOf<boolean>()
    expectTypeOf(progress.value).toEqualTypeOf<number>()
    for (const upload of uploads.value) {
      expectTypeOf(upload.status).toEqualTypeOf<'queued' | 'sending' | 'waiting' | 'success' | 'error' | 'cancelled'>()
      expectTypeOf(upload.file.name).toEqualTypeOf<string>()
      if (upload.status === 'sending')
        expectTypeOf(upload.progress).toEqualTypeOf<number>()
      if (upload.status === 'success')
        expectTypeOf(upload.storageId).toEqualTypeOf<Id<'_storage'>>()
      if (upload.status === 'error' || upload.status === 'waiting')
        expectTypeOf(upload.error).toEqualTypeOf<Error>()
      // @ts-expect-error only an upload that is being sent has progress
      void upload.progress
      cancel(upload)
    }
    cancel()
    // @ts-expect-error the list is read-only to the app
    uploads.value = []
  })
})

describe('useConvexStorageUrl: types', () => {
  const getUrl = makeFunctionReference<'query', { storageId: Id<'_storage'> }, string | null>('files:getUrl')

  it('returns a string, null or undefined', () => {
    const { url, error } = useConvexStorageUrl(getUrl, () => undefined as Id<'_storage'> | undefined)
    expectTypeOf(url.value).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(error.value).toEqualTypeOf<Error | undefined>()
  })

  it('requires a storage id and a query that returns a URL', () => {
    void useConvexStorageUrl(getUrl, null, { preview: shallowRef<File>(), auth: 'required' })
    // @ts-expect-error the id of another table
    void useConvexStorageUrl(getUrl, '' as Id<'tasks'>)
    // @ts-expect-error the query returns a list
    void useConvexStorageUrl(api.files.list, null)
  })

  it('requires args if the query takes others', () => {
    void useConvexStorageUrl(getThumbnail, null, { args: of => ({ of, width: 64 }) })
    // @ts-expect-error the width is missing
    void useConvexStorageUrl(getThumbnail, null, { args: of => ({ of }) })
    // @ts-expect-error args are missing
    void useConvexStorageUrl(getThumbnail, null, {})
    // @ts-expect-error args are missing
    void useConvexStorageUrl(getThumbnail, null)
  })
})

describe('useFilePreview: types', () => {
  it('returns a string or undefined', () => {
    expectTypeOf(useFilePreview(shallowRef<File | null>()).value).toEqualTypeOf<string | undefined>()
  })
})
