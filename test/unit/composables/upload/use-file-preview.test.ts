import { useFilePreview } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, shallowRef, watch } from 'vue'

/** The files that have a URL at the moment. */
let alive: Map<string, Blob>
beforeEach(() => {
  alive = new Map()
  let serial = 0
  vi.spyOn(URL, 'createObjectURL').mockImplementation((file) => {
    const url = `blob:${++serial}`
    alive.set(url, file as Blob)
    return url
  })
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(url => void alive.delete(url))
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('useFilePreview: the URL', () => {
  it('changes in the tick in which the file changes, and the previous URL is revoked', () => {
    const [a, b] = [new Blob(['a']), new Blob(['b'])]
    const chosen = shallowRef<Blob | null>()
    const scope = effectScope()
    const { url, seen } = scope.run(() => {
      const url = useFilePreview(chosen)
      const seen: unknown[] = []
      watch(url, value => seen.push(value), { flush: 'sync' })
      return { url, seen }
    })!
    expect(url.value).toBeUndefined()
    chosen.value = a
    expect([...alive]).toEqual([[url.value, a]])
    chosen.value = b
    expect([...alive]).toEqual([[url.value, b]])
    chosen.value = null
    expect(url.value).toBeUndefined()
    expect([...alive]).toEqual([])
    expect(seen).toEqual(['blob:1', 'blob:2', undefined])
    scope.stop()
  })

  it('is revoked when the component is unmounted', () => {
    const scope = effectScope()
    const url = scope.run(() => useFilePreview(() => new Blob(['a'])))!
    expect([...alive.keys()]).toEqual([url.value])
    scope.stop()
    expect([...alive]).toEqual([])
  })

  it('is undefined on a server', () => {
    vi.stubGlobal('window', undefined)
    expect(useFilePreview(new Blob(['a'])).value).toBeUndefined()
    expect([...alive]).toEqual([])
    vi.unstubAllGlobals()
  })
})
