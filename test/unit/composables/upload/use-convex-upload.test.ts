import type { UseConvexUploadOptions } from 'convue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import type { SentFile } from '../../../support/scripted/scripted-xhr.ts'
import { makeFunctionReference } from 'convex/server'
import { ConvueError, useConvexUpload } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ref, watch } from 'vue'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'
import { stubXhr } from '../../../support/scripted/scripted-xhr.ts'

const generateUploadUrl = makeFunctionReference<'mutation', { folder?: string }, string>('files:generateUploadUrl')

let page: ScriptedPage
afterEach(() => void vi.unstubAllGlobals())
setupScriptedPage()
beforeEach(() => {
  // The longest back-off: 1 s, 2 s, 4 s.
  vi.spyOn(Math, 'random').mockReturnValue(1)
})

function mountUpload(options: UseConvexUploadOptions = {}, pageOptions?: ScriptedPageOptions) {
  const network = stubXhr()
  page = new ScriptedPage(pageOptions)
  page.deployment.isPinging = true
  let urls = 0
  page.deployment.functions.set('files:generateUploadUrl', (_args, subject) => `https://storage/${subject ?? 'anonymous'}/${++urls}`)
  const { result, stop } = page.run(() => useConvexUpload(generateUploadUrl, options))
  return {
    ...result,
    stop,
    network,
    sent: network.sent,
    /** The name and the status of each upload, and its progress or its storage id. */
    shown: () => result.uploads.value.map((upload) => {
      const about = upload.status === 'sending' ? upload.progress : upload.status === 'success' ? upload.storageId : ''
      return `${upload.file.name} ${upload.status} ${about}`.trim()
    }),
    urlCalls: () => page.deployment.executions.filter(({ kind }) => kind === 'mutation'),
  }
}

function textFile(name: string, size = 100, type = 'text/plain'): File {
  return new File(['x'.repeat(size)], name, { type })
}

/** Stores the file under its own name. */
function store(request: SentFile): void {
  request.answer(200, JSON.stringify({ storageId: `id of ${request.body.name}` }))
}

/** Returns a function that reads how the promise has settled so far. */
function outcomeOf(promise: Promise<unknown>): () => unknown {
  let outcome: unknown = 'pending'
  promise.then(value => outcome = value, error => outcome = error)
  return () => outcome
}

describe('useConvexUpload', () => {
  describe('an upload', () => {
    it('has the status `queued`, `sending` and then `success`, and returns the storage id', async () => {
      const { upload, shown, sent, isPending, progress } = mountUpload()
      const file = textFile('a.txt')
      const outcome = outcomeOf(upload(file))
      expect(shown()).toEqual(['a.txt queued'])
      expect([isPending.value, progress.value]).toEqual([true, 0])
      await page.tick()
      expect(shown()).toEqual(['a.txt sending 0'])
      expect(sent).toMatchObject([{ url: 'https://storage/anonymous/1', headers: { 'content-type': 'text/plain' } }])
      expect(sent[0]!.body).toBe(file)
      sent[0]!.progress(40)
      expect(shown()).toEqual(['a.txt sending 0.4'])
      expect(progress.value).toBe(0.4)
      store(sent[0]!)
      await page.tick()
      expect(outcome()).toEqual(['id of a.txt'])
      sent[0]!.progress(100)
      expect(shown()).toEqual(['a.txt success id of a.txt'])
      expect([isPending.value, progress.value]).toEqual([false, 1])
    })

    it('requests its upload URL with the arguments, as the current identity', async () => {
      const { upload, sent, urlCalls } = mountUpload({}, { user: 'ada' })
      void upload(textFile('a.txt'), { folder: 'letters' })
      await page.tick(100)
      expect(urlCalls()).toMatchObject([{ args: { folder: 'letters' }, subject: 'ada' }])
      expect(sent.map(({ url }) => url)).toEqual(['https://storage/ada/1'])
      store(sent[0]!)
      await page.tick()
    })

    it('waits until the identity is known', async () => {
      const { upload, shown, sent } = mountUpload({}, { user: 'silent' })
      void upload(textFile('a.txt'))
      await page.tick(5000)
      expect(shown()).toEqual(['a.txt queued'])
      page.source.signIn('ada')
      await page.tick(100)
      expect(sent.map(({ url }) => url)).toEqual(['https://storage/ada/1'])
      store(sent[0]!)
      await page.tick()
      expect(shown()).toEqual(['a.txt success id of a.txt'])
    })

    it('can be a Blob, which is treated as a file without a name, and can be empty', async () => {
      const { upload, sent, uploads, progress } = mountUpload()
      const outcome = outcomeOf(upload(new Blob([])))
      await page.tick()
      expect(sent[0]!.headers).toEqual({})
      expect(progress.value).toBe(0)
      store(sent[0]!)
      await page.tick()
      expect(outcome()).toEqual(['id of '])
      expect(uploads.value[0]!.file.name).toBe('')
      expect(progress.value).toBe(1)
    })

    it('runs the callbacks when it has ended, even if one of them throws', async () => {
      const calls: unknown[] = []
      const { upload, network } = mountUpload({
        onSuccess: (...args) => {
          calls.push(['success', ...args])
          throw new Error('of the app')
        },
        onError: (...args) => calls.push(['error', ...args]),
        onSettled: (...args) => calls.push(['settled', ...args]),
      })
      network.answerAll = request => request.body.name === 'a' ? store(request) : request.answer(400, '')
      const [a, b] = [textFile('a'), textFile('b')]
      const outcome = outcomeOf(upload([a, b]))
      await expect(page.tick()).rejects.toThrow('of the app')
      expect(outcome()).toMatchObject({ code: 'UPLOAD_FAILED' })
      expect(calls).toEqual([
        ['success', 'id of a', a],
        ['settled', 'id of a', undefined, a],
        ['error', outcome(), b],
        ['settled', undefined, outcome(), b],
      ])
    })
  })

  describe('several files', () => {
    it('are uploaded at most `concurrency` at a time, and their ids are returned in order', async () => {
      const { upload, shown, sent, urlCalls } = mountUpload({ concurrency: 2 })
      const outcome = outcomeOf(upload(['a', 'b', 'c', 'd'].map(name => textFile(name))))
      await page.tick()
      expect(shown()).toEqual(['a sending 0', 'b sending 0', 'c queued', 'd queued'])
      expect(urlCalls()).toHaveLength(2)
      store(sent[1]!)
      await page.tick()
      expect(shown()).toEqual(['a sending 0', 'b success id of b', 'c sending 0', 'd queued'])
      store(sent[2]!)
      await page.tick()
      store(sent[3]!)
      await page.tick()
      expect(outcome()).toBe('pending')
      store(sent[0]!)
      await page.tick()
      expect(outcome()).toEqual(['id of a', 'id of b', 'id of c', 'id of d'])
      expect(sent.map(({ body }) => body.name)).toEqual(['a', 'b', 'c', 'd'])
    })

    it('share `concurrency` and the list `uploads` with the files of other calls', async () => {
      const { upload, shown, sent } = mountUpload({ concurrency: 1 })
      void upload(textFile('a'))
      void upload(textFile('b'))
      await page.tick()
      expect(shown()).toEqual(['a sending 0', 'b queued'])
      sent.forEach(store)
      await page.tick()
      sent.forEach(store)
      await page.tick()
      expect(shown()).toEqual(['a success id of a', 'b success id of b'])
    })

    it('replace the list `uploads` if no upload is pending', async () => {
      const { upload, shown, network, progress, uploads } = mountUpload()
      network.answerAll = store
      void upload(textFile('a'))
      await page.tick()
      const [former] = uploads.value
      network.answerAll = null
      void upload(textFile('b'))
      expect(shown()).toEqual(['b queued'])
      expect(progress.value).toBe(0)
      expect(uploads.value[0]!.id).not.toBe(former!.id)
      await page.tick()
      network.sent.forEach(store)
      await page.tick()
    })

    it('have a common `progress` in bytes, which does not count failed uploads', async () => {
      const { upload, sent, progress } = mountUpload({ maxSize: 1000 })
      const outcome = outcomeOf(upload([textFile('a', 300), textFile('b', 100), textFile('c', 5000)]))
      await page.tick()
      sent[0]!.progress(150)
      expect(progress.value).toBe(150 / 400)
      store(sent[1]!)
      await page.tick()
      expect(progress.value).toBe(250 / 400)
      sent[0]!.answer(400, '')
      await page.tick()
      expect(progress.value).toBe(1)
      expect(outcome()).toMatchObject({ code: 'UPLOAD_FAILED' })
    })

    it('make `upload` reject with the error of the first failed file, once all files have ended', async () => {
      const { upload, shown, sent } = mountUpload()
      const outcome = outcomeOf(upload([textFile('a'), textFile('b'), textFile('c')]))
      await page.tick()
      sent[2]!.answer(413, '')
      sent[1]!.answer(400, '')
      await page.tick()
      expect(shown()).toEqual(['a sending 0', 'b error', 'c error'])
      expect(outcome()).toBe('pending')
      store(sent[0]!)
      await page.tick()
      expect(shown()).toEqual(['a success id of a', 'b error', 'c error'])
      expect(outcome()).toMatchObject({ code: 'UPLOAD_FAILED', why: expect.stringContaining('400') })
    })

    it('can be an empty list', async () => {
      const { upload, sent, shown, isPending } = mountUpload()
      expect(await Promise.all([upload([]), upload(null), upload(undefined)])).toEqual([[], [], []])
      expect(shown()).toEqual([])
      expect(isPending.value).toBe(false)
      expect(sent).toEqual([])
    })

    it('are read when `upload` is called, even if the list changes later', async () => {
      const { upload, shown, network } = mountUpload()
      network.answerAll = store
      const list = new Set([textFile('a'), textFile('b')])
      const outcome = outcomeOf(upload(list))
      list.clear()
      await page.tick()
      expect(outcome()).toEqual(['id of a', 'id of b'])
      expect(shown()).toHaveLength(2)
    })

    it.each([
      ['a DOM event', new Event('change')],
      ['a string', 'a.txt'],
      ['a list with an object that is not a file', [new Blob([]), {}]],
      ['an object', { name: 'a.txt' }],
    ])('must be files: `upload` rejects with UPLOAD_FILES_INVALID if it receives %s', async (_what, files) => {
      const { upload, sent, shown } = mountUpload()
      const error = await upload(files as any).catch(error => error)
      expect(error).toBeInstanceOf(ConvueError)
      expect(error).toMatchObject({ code: 'UPLOAD_FILES_INVALID', fix: expect.stringContaining('$event.target.files') })
      expect(sent).toEqual([])
      expect(shown()).toEqual([])
    })
  })

  describe('the limits of an upload', () => {
    it.each([
      ['image/*', { 'a.png': 'image/png', 'b.jpg': 'IMAGE/JPEG', 'c.txt': 'text/plain', 'd.png': '', 'e.png': 'images/png' }, ['a.png', 'b.jpg']],
      ['image/png', { 'a.png': 'image/png', 'b.jpg': 'image/jpeg', 'c.svg': 'image/pngx' }, ['a.png']],
      ['.PDF, .tar.gz', { 'a.pdf': '', 'B.Pdf': 'text/plain', 'c.tar.gz': '', 'd.gz': '', 'pdf': '' }, ['a.pdf', 'B.Pdf', 'c.tar.gz']],
      ['text/plain', { a: 'text/plain;charset=utf-8', b: 'text/html' }, ['a']],
      ['.txt, image/*', { 'a.txt': '', 'b.png': 'image/png', 'c.doc': '' }, ['a.txt', 'b.png']],
      ['*/*', { a: '', b: 'text/plain' }, ['a', 'b']],
      [' ', { a: '' }, ['a']],
      ['', { a: '' }, ['a']],
    ])('allow the same types as the attribute `accept` of an <input>: %j', async (accept, files, accepted) => {
      const { upload, uploads, network } = mountUpload({ accept, concurrency: 10 })
      network.answerAll = store
      const outcome = outcomeOf(upload(Object.entries(files).map(([name, type]) => textFile(name, 1, type))))
      await page.tick()
      expect(uploads.value.filter(({ status }) => status === 'success').map(({ file }) => file.name)).toEqual(accepted)
      expect(network.sent).toHaveLength(accepted.length)
      const refused = uploads.value.flatMap(upload => upload.status === 'error' ? [upload.error] : [])
      for (const error of refused)
        expect(error).toMatchObject({ code: 'UPLOAD_TYPE_REFUSED', why: expect.stringContaining(accept) })
      expect(outcome()).toEqual(refused[0] ?? accepted.map(name => `id of ${name}`))
    })

    it('compare the size of a file with `maxSize` in bytes, and can be reactive', async () => {
      const maxSize = ref<number | undefined>(100)
      const { upload, shown, network } = mountUpload({ maxSize })
      network.answerAll = store
      const outcome = outcomeOf(upload([textFile('a', 100), textFile('b', 101)]))
      expect(shown()).toEqual(['a queued', 'b error'])
      await page.tick()
      expect(shown()).toEqual(['a success id of a', 'b error'])
      expect(outcome()).toMatchObject({ code: 'UPLOAD_FILE_TOO_LARGE', why: '"b" has 101 bytes, and `maxSize` is 100.' })
      maxSize.value = undefined
      expect(outcomeOf(upload(textFile('b', 101)))()).toBe('pending')
      await page.tick()
      expect(shown()).toEqual(['b success id of b'])
    })

    it('refuse all files of a call that has more files than `maxFiles`', async () => {
      const { upload, shown, sent } = mountUpload({ maxFiles: 2 })
      const outcome = outcomeOf(upload(['a', 'b', 'c'].map(name => textFile(name))))
      await page.tick()
      expect(shown()).toEqual(['a error', 'b error', 'c error'])
      expect(outcome()).toMatchObject({ code: 'UPLOAD_TOO_MANY_FILES', why: '3 files were passed at once, and `maxFiles` is 2.' })
      expect(sent).toEqual([])
      void upload(['a', 'b'].map(name => textFile(name)))
      await page.tick()
      expect(sent).toHaveLength(2)
      sent.forEach(store)
      await page.tick()
    })
  })

  describe('an attempt that fails', () => {
    it.each([[0], [408], [429], [500], [503]])('is repeated with a new URL after a delay, if the status is %i', async (status) => {
      const { upload, shown, sent, uploads, isPending } = mountUpload()
      const outcome = outcomeOf(upload(textFile('a')))
      await page.tick()
      sent[0]!.progress(60)
      if (status)
        sent[0]!.answer(status, '')
      else
        sent[0]!.fail()
      await page.tick(900)
      expect(shown()).toEqual(['a waiting'])
      expect(uploads.value[0]).toMatchObject({ error: { code: 'UPLOAD_FAILED' } })
      expect(isPending.value).toBe(true)
      await page.tick(200)
      expect(shown()).toEqual(['a sending 0'])
      expect(sent.map(({ url }) => url)).toEqual(['https://storage/anonymous/1', 'https://storage/anonymous/2'])
      store(sent[1]!)
      await page.tick()
      expect(outcome()).toEqual(['id of a'])
    })

    it('is recognized by a minute without progress, and is then aborted and repeated', async () => {
      const { upload, shown, sent } = mountUpload()
      const outcome = outcomeOf(upload(textFile('a.txt')))
      await page.tick()
      for (let loaded = 10; loaded <= 100; loaded += 10) {
        await page.tick(59_000)
        sent[0]!.progress(loaded)
      }
      expect(shown()).toEqual(['a.txt sending 1'])
      await page.tick(59_000)
      expect(sent[0]!.isAborted).toBe(false)
      await page.tick(1000)
      expect(sent[0]!.isAborted).toBe(true)
      await page.tick(1100)
      expect(sent).toHaveLength(2)
      store(sent[1]!)
      await page.tick()
      expect(outcome()).toEqual(['id of a.txt'])
    })

    it('makes `upload` reject if it was the last retry', async () => {
      const onError = vi.fn()
      const { upload, shown, sent, network } = mountUpload({ retries: 2, onError })
      network.answerAll = request => request.answer(503, '')
      const outcome = outcomeOf(upload(textFile('a')))
      await page.tick(990)
      expect(sent).toHaveLength(1)
      await page.tick(20)
      expect(sent).toHaveLength(2)
      await page.tick(1960)
      expect(sent).toHaveLength(2)
      expect(onError).not.toHaveBeenCalled()
      await page.tick(60)
      expect(sent).toHaveLength(3)
      expect(shown()).toEqual(['a error'])
      expect(outcome()).toMatchObject({ code: 'UPLOAD_FAILED', why: expect.stringContaining('503') })
      expect(onError).toHaveBeenCalledOnce()
      await page.tick(60_000)
      expect(sent).toHaveLength(3)
    })

    it.each([
      ['seconds', { 'Retry-After': '7' }, 7000],
      ['a date by the clock of the server', { 'retry-after': 'Wed, 01 Jan 2020 00:00:09 GMT', 'Date': 'Wed, 01 Jan 2020 00:00:00 GMT' }, 9000],
    ])('is repeated after the time in Retry-After, which contains %s', async (_how, headers, ms) => {
      const { upload, sent } = mountUpload()
      void upload(textFile('a'))
      await page.tick()
      sent[0]!.answer(429, '', headers)
      await page.tick(ms - 10)
      expect(sent).toHaveLength(1)
      await page.tick(30)
      expect(sent).toHaveLength(2)
      store(sent[1]!)
      await page.tick()
    })

    it.each([
      [400, ''],
      [401, '{"code":"Unauthorized"}'],
      [413, ''],
      [200, '<html>a proxy\'s page</html>'],
      [200, '{}'],
      [200, 'null'],
      [302, '{"storageId":"x"}'],
    ])('is not repeated if a retry would have the same response: %i %j', async (status, body) => {
      const { upload, sent, urlCalls } = mountUpload()
      const outcome = outcomeOf(upload(textFile('a')))
      await page.tick()
      sent[0]!.answer(status, body)
      await page.tick(60_000)
      expect(outcome()).toMatchObject({ code: 'UPLOAD_FAILED', why: expect.stringContaining(String(status)) })
      expect(urlCalls()).toHaveLength(1)
    })

    it('makes `upload` reject with the error of the mutation if the mutation has failed', async () => {
      const { upload, shown, sent, urlCalls } = mountUpload()
      page.deployment.functions.set('files:generateUploadUrl', () => {
        throw new Error('not yours')
      })
      const outcome = outcomeOf(upload(textFile('a')))
      await page.tick(10_000)
      expect(outcome()).toMatchObject({ message: expect.stringContaining('not yours') })
      expect(outcome()).not.toBeInstanceOf(ConvueError)
      expect(shown()).toEqual(['a error'])
      expect(urlCalls()).toHaveLength(1)
      expect(sent).toEqual([])
    })

    it('does not prevent the upload of the next file', async () => {
      const { upload, shown, sent } = mountUpload({ concurrency: 1 })
      const outcome = outcomeOf(upload([textFile('a'), textFile('b')]))
      await page.tick()
      sent[0]!.answer(400, '')
      await page.tick()
      expect(shown()).toEqual(['a error', 'b sending 0'])
      store(sent[1]!)
      await page.tick()
      expect(outcome()).toMatchObject({ code: 'UPLOAD_FAILED' })
    })
  })

  describe('cancel', () => {
    it('ends one upload and lets the others continue', async () => {
      const { upload, cancel, uploads, shown, sent, progress } = mountUpload({ concurrency: 1 })
      const outcome = outcomeOf(upload(['a', 'b', 'c'].map(name => textFile(name))))
      await page.tick()
      cancel(uploads.value[0])
      expect(shown()).toEqual(['a cancelled', 'b queued', 'c queued'])
      expect(sent[0]!.isAborted).toBe(true)
      cancel(uploads.value[2])
      await page.tick()
      expect(shown()).toEqual(['a cancelled', 'b sending 0', 'c cancelled'])
      sent[1]!.progress(50)
      expect(progress.value).toBe(0.5)
      store(sent[1]!)
      await page.tick()
      expect(outcome()).toMatchObject({ code: 'UPLOAD_CANCELLED' })
      expect(sent).toHaveLength(2)
      cancel(uploads.value[1])
      expect(shown()).toEqual(['a cancelled', 'b success id of b', 'c cancelled'])
    })

    it('ends all uploads in one update if it has no argument, and `upload` rejects at once', async () => {
      const onError = vi.fn()
      const onSettled = vi.fn()
      const { upload, cancel, uploads, shown, sent, isPending } = mountUpload({ concurrency: 2, onError, onSettled })
      const seen: string[] = []
      page.run(() => watch(uploads, () => seen.push(shown().join()), { flush: 'sync' }))
      const outcome = outcomeOf(upload(['a', 'b', 'c'].map(name => textFile(name))))
      await page.tick()
      sent[0]!.fail()
      await page.tick()
      expect(shown()).toEqual(['a waiting', 'b sending 0', 'c queued'])
      seen.length = 0
      cancel()
      expect(seen).toEqual(['a cancelled,b cancelled,c cancelled'])
      expect(isPending.value).toBe(false)
      expect(vi.getTimerCount()).toBe(0)
      await page.tick(0)
      expect(outcome()).toMatchObject({ code: 'UPLOAD_CANCELLED' })
      await page.tick(10_000)
      expect(sent).toHaveLength(2)
      expect(onError).not.toHaveBeenCalled()
      expect(onSettled).toHaveBeenCalledTimes(3)
    })

    it.each([
      ['waits for its URL', () => page.deployment.isHolding = true, 'queued'],
      ['is sent', () => {}, 'sending'],
      ['waits for its next attempt', (sent: SentFile[]) => sent[0]!.fail(), 'waiting'],
    ])('ends an upload that %s, and the next upload starts at once', async (_when, prepare, status) => {
      const { upload, cancel, sent, urlCalls, uploads, shown } = mountUpload({ concurrency: 1 })
      if (status === 'queued')
        prepare([])
      const outcome = outcomeOf(upload(textFile('a')))
      await page.tick()
      if (status !== 'queued')
        prepare(sent)
      await page.tick()
      expect(uploads.value[0]!.status).toBe(status)
      cancel()
      sent[0]?.progress(50)
      expect(shown()).toEqual(['a cancelled'])
      void upload(textFile('b'))
      await page.tick(0)
      expect(outcome()).toMatchObject({ code: 'UPLOAD_CANCELLED' })
      expect(urlCalls()).toHaveLength(2)
      page.deployment.flush()
      await page.tick(5000)
      expect(sent.map(({ body }) => body.name)).toEqual(status === 'queued' ? ['b'] : ['a', 'b'])
      store(sent.at(-1)!)
      await page.tick()
      expect(shown()).toEqual(['b success id of b'])
    })

    it.each(Array.from({ length: 12 }, (_, microtasks) => [microtasks]))('ends an upload completely, or not at all, %i microtasks after the response', async (microtasks) => {
      const onSuccess = vi.fn()
      const { upload, cancel, sent, shown } = mountUpload({ onSuccess })
      const outcome = outcomeOf(upload(textFile('a')))
      await page.tick()
      store(sent[0]!)
      for (let turn = 0; turn < microtasks; turn++)
        await Promise.resolve()
      cancel()
      const then = shown()
      await page.tick()
      expect(shown()).toEqual(then)
      if (microtasks === 0)
        expect(then).toEqual(['a cancelled'])
      if (then[0] === 'a cancelled') {
        expect(outcome()).toMatchObject({ code: 'UPLOAD_CANCELLED' })
        expect(onSuccess).not.toHaveBeenCalled()
      }
      else {
        expect(outcome()).toEqual(['id of a'])
      }
    })

    it('is run when the `signal` of a call aborts, whose reason is the cause of the error', async () => {
      const { upload, shown, sent } = mountUpload()
      const controller = new AbortController()
      const removed = vi.spyOn(controller.signal, 'removeEventListener')
      const outcome = outcomeOf(upload([textFile('a'), textFile('b')], {}, { signal: controller.signal }))
      const other = outcomeOf(upload(textFile('c')))
      await page.tick()
      const reason = new Error('enough')
      controller.abort(reason)
      expect(shown()).toEqual(['a cancelled', 'b cancelled', 'c sending 0'])
      await page.tick(0)
      expect(outcome()).toMatchObject({ code: 'UPLOAD_CANCELLED', cause: reason })
      expect(removed).toHaveBeenCalledOnce()
      store(sent[2]!)
      await page.tick()
      expect(other()).toEqual(['id of c'])
    })

    it('is run before a URL is requested if the `signal` has already aborted', async () => {
      const onError = vi.fn()
      const { upload, shown, urlCalls } = mountUpload({ maxSize: 100, onError })
      const outcome = outcomeOf(upload([textFile('a'), textFile('too large', 200)], {}, { signal: AbortSignal.abort() }))
      expect(shown()).toEqual(['a cancelled', 'too large cancelled'])
      await page.tick()
      expect(outcome()).toMatchObject({ code: 'UPLOAD_CANCELLED' })
      expect(urlCalls()).toEqual([])
      expect(onError).not.toHaveBeenCalled()
    })

    it('ends all uploads if it receives the DOM event of @click="cancel"', async () => {
      const { upload, cancel, shown } = mountUpload()
      void upload([textFile('a'), textFile('b')]).catch(() => {})
      await page.tick()
      cancel(new Event('click') as any)
      expect(shown()).toEqual(['a cancelled', 'b cancelled'])
    })

    it('is run by reset(), which also empties the list', async () => {
      const { upload, reset, shown, sent, progress } = mountUpload()
      const outcome = outcomeOf(upload(textFile('a')))
      await page.tick()
      reset()
      expect(shown()).toEqual([])
      expect(progress.value).toBe(0)
      await page.tick()
      expect(outcome()).toMatchObject({ code: 'UPLOAD_CANCELLED' })
      expect(sent[0]!.isAborted).toBe(true)
    })

    it('is run when the component is unmounted', async () => {
      const { upload, stop, sent } = mountUpload({ concurrency: 1 })
      const outcome = outcomeOf(upload([textFile('a'), textFile('b')]))
      await page.tick()
      stop()
      await page.tick()
      expect(outcome()).toMatchObject({ code: 'UPLOAD_CANCELLED' })
      expect(sent.map(({ isAborted }) => isAborted)).toEqual([true])
    })
  })

  describe('an identity change', () => {
    const CHANGES = [
      ['another user signs in', () => page.source.signIn('bea')],
      ['the user signs out', () => page.source.report({ status: 'signedOut' })],
    ] as const

    it.each(CHANGES)('ends all uploads in the same tick, and sends no further request: %s', async (_what, change) => {
      const onError = vi.fn()
      const { upload, uploads, sent, isPending, progress, urlCalls } = mountUpload({ concurrency: 2, onError }, { user: 'ada' })
      await page.tick(100)
      const outcomes = ['sending', 'waiting', 'queued'].map(name => outcomeOf(upload(textFile(name))))
      await page.tick(100)
      sent[1]!.fail()
      await page.tick()
      expect(uploads.value.map(({ status, file }) => status === file.name)).toEqual([true, true, true])
      const seen: number[] = []
      page.run(() => watch(() => uploads.value.length, length => seen.push(length), { flush: 'sync' }))

      change()
      expect(seen).toEqual([0])
      expect([uploads.value, isPending.value, progress.value]).toEqual([[], false, 0])
      expect(sent.map(({ isAborted }) => isAborted)).toEqual([true, false])
      await page.tick(60_000)
      expect(outcomes.map(outcome => outcome())).toMatchObject([
        { code: 'IDENTITY_CHANGED', outcome: 'unknown' },
        { code: 'IDENTITY_CHANGED', outcome: 'unknown' },
        { code: 'IDENTITY_CHANGED', outcome: 'notSent' },
      ])
      expect(onError).toHaveBeenCalledTimes(3)
      expect(sent).toHaveLength(2)
      expect(urlCalls()).toHaveLength(2)
      expect(uploads.value).toEqual([])
    })

    it('ends an upload that waits for its URL, and does not use the URL', async () => {
      const { upload, sent } = mountUpload({}, { user: 'ada' })
      await page.tick(100)
      page.deployment.isHolding = true
      const outcome = outcomeOf(upload(textFile('a')))
      await page.tick()
      page.deployment.flush()
      page.source.signIn('bea')
      await page.tick(1000)
      expect(outcome()).toMatchObject({ code: 'IDENTITY_CHANGED', outcome: 'notSent' })
      expect(sent).toEqual([])
    })

    it('empties the list, even if no upload is pending', async () => {
      const { upload, uploads, network } = mountUpload({}, { user: 'ada' })
      network.answerAll = store
      await page.tick(100)
      void upload(textFile('a'))
      await page.tick(100)
      expect(uploads.value).toHaveLength(1)
      page.source.signIn('bea')
      expect(uploads.value).toEqual([])
    })

    it('ends uploads that were started after the component had been unmounted', async () => {
      const { upload, stop, sent } = mountUpload({}, { user: 'ada' })
      await page.tick(100)
      stop()
      const outcome = outcomeOf(upload(textFile('a')))
      await page.tick(100)
      page.source.signIn('bea')
      await page.tick()
      expect(sent[0]!.isAborted).toBe(true)
      expect(outcome()).toMatchObject({ code: 'IDENTITY_CHANGED', outcome: 'unknown' })
    })

    it('does not affect uploads that the next identity starts in the same tick', async () => {
      const { upload, shown, sent, network } = mountUpload({}, { user: 'ada' })
      await page.tick(100)
      const outcomes = [outcomeOf(upload(textFile('a')))]
      await page.tick(100)
      page.run(() => watch(page.convex.auth.user, () => outcomes.push(outcomeOf(upload(textFile('b')))), { flush: 'sync' }))
      network.answerAll = store
      page.source.signIn('bea')
      expect(shown()).toEqual(['b queued'])
      await page.tick(100)
      expect(outcomes.map(outcome => outcome())).toMatchObject([{ code: 'IDENTITY_CHANGED' }, ['id of b']])
      expect(sent.map(({ url }) => url)).toEqual(['https://storage/ada/1', 'https://storage/bea/2'])
    })

    it('does not occur if the same user has a new session: uploads continue', async () => {
      const { upload, shown, sent } = mountUpload({}, { user: 'ada' })
      void upload(textFile('a'))
      await page.tick(100)
      page.source.signIn('ada', 'another-session')
      await page.tick(100)
      expect(shown()).toEqual(['a sending 0'])
      store(sent[0]!)
      await page.tick()
      expect(shown()).toEqual(['a success id of a'])
    })
  })

  describe('the warning before the user leaves the page', () => {
    /** Whether the browser would warn the user before the page is closed. */
    function wouldWarn(): boolean {
      const event = new Event('beforeunload', { cancelable: true })
      dispatchEvent(event)
      return event.defaultPrevented
    }

    it('is shown until the last upload has ended', async () => {
      const { upload, sent } = mountUpload({ concurrency: 1 })
      await page.tick(100)
      expect(wouldWarn()).toBe(false)
      const outcome = outcomeOf(upload([textFile('a'), textFile('b')]))
      expect(wouldWarn()).toBe(true)
      await page.tick()
      sent[0]!.fail()
      await page.tick()
      expect(wouldWarn()).toBe(true)
      await page.tick(2000)
      store(sent[1]!)
      await page.tick()
      expect(wouldWarn()).toBe(true)
      store(sent[2]!)
      await page.tick()
      expect(outcome()).toEqual(['id of a', 'id of b'])
      expect(wouldWarn()).toBe(false)
    })

    it('is not shown for uploads of a previous identity', async () => {
      const { upload } = mountUpload({}, { user: 'ada' })
      await page.tick(100)
      void upload(textFile('a')).catch(() => {})
      await page.tick(100)
      expect(wouldWarn()).toBe(true)
      page.source.signIn('bea')
      expect(wouldWarn()).toBe(false)
    })
  })

  describe('close() of the plugin', () => {
    it('ends all uploads with the code CLOSED', async () => {
      const { upload, sent, shown } = mountUpload()
      const outcome = outcomeOf(upload(textFile('a')))
      await page.tick()
      void page.convex.close()
      expect(sent[0]!.isAborted).toBe(true)
      expect(shown()).toEqual(['a cancelled'])
      await page.tick()
      expect(outcome()).toMatchObject({ code: 'CLOSED' })
    })
  })
})
