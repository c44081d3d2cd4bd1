import { describe, expect, it } from 'vitest'
import { warnOfUnknownAddress } from '../../src/nuxt/runtime/server/utils/address-warning.ts'
import { expectConsole } from '../support/environment/console-guard.ts'

describe('the start of a server under Nuxt', () => {
  it.each(['netlify', 'cloudflare-module', 'cloudflare_module', 'vercel-edge', 'bun', 'deno-server', 'aws-lambda'])(
    'warns on the preset %s, where no connection has an address, unless a proxy is trusted',
    (preset) => {
      warnOfUnknownAddress(preset, { addressHeader: 'x-client' })
      warnOfUnknownAddress(preset, true)
      warnOfUnknownAddress(preset, undefined)
      expectConsole(new RegExp(`^\\[CLIENT_ADDRESS_UNKNOWN\\].*${preset}.*trustProxy`))
    },
  )

  it.each(['node-server', 'node-cluster', 'node-listener', 'vercel', 'aws-amplify', 'nitro-dev', 'nitro-prerender', undefined])('says nothing on the preset %s', (preset) => {
    expect(() => warnOfUnknownAddress(preset, undefined)).not.toThrow()
  })
})
