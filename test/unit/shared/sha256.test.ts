import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const TEXT = 'better-auth.session_token=größe.signature; token'
const hex = (bytes: Uint8Array): string => [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')

/** The hash of Web Crypto, with which all runtimes must agree. */
const expected = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(TEXT))))

async function load(): Promise<(text: string) => Promise<Uint8Array>> {
  return (await import('../../../src/shared/sha256.ts')).sha256
}

beforeEach(() => {
  vi.resetModules()
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('sha256', () => {
  it('hashes with node:crypto in Node', async () => {
    const digest = vi.spyOn(crypto.subtle, 'digest')
    const sha256 = await load()
    expect(hex(await sha256(TEXT))).toBe(expected)
    expect(digest).not.toHaveBeenCalled()
  })

  it.each<[string, object | undefined]>([
    ['there is no process', undefined],
    ['process has no getBuiltinModule', {}],
    ['getBuiltinModule knows no module', { getBuiltinModule: () => undefined }],
    ['getBuiltinModule returns a module without createHash', { getBuiltinModule: () => ({}) }],
    ['getBuiltinModule is not implemented', {
      getBuiltinModule() {
        throw new Error('not implemented')
      },
    }],
  ])('hashes with Web Crypto if %s', async (_name, process) => {
    vi.stubGlobal('process', process)
    const sha256 = await load()
    const digest = vi.spyOn(crypto.subtle, 'digest')
    expect(hex(await sha256(TEXT))).toBe(expected)
    expect(digest).toHaveBeenCalledOnce()
  })
})
