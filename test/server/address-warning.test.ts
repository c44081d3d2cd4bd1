import { describe, expect, it } from 'vitest'
import { warnOfUnknownAddress } from '../../src/nuxt/runtime/server/utils/address-warning.ts'
import { expectConsole } from '../support/environment/console-guard.ts'

describe('warnOfUnknownAddress', () => {
  it.each(['netlify', 'cloudflare-module', 'cloudflare_module', 'vercel-edge', 'bun', 'deno-server', 'aws-lambda'])(
    'warns for the preset %s, whose connections have no address, unless `trustProxy` is set',
    (preset) => {
      warnOfUnknownAddress(preset, { addressHeader: 'x-client' })
      warnOfUnknownAddress(preset, true)
      warnOfUnknownAddress(preset, undefined)
      expectConsole(new RegExp(`^\\[CLIENT_ADDRESS_UNKNOWN\\].*${preset}.*trustProxy`))
    },
  )

  it.each(['node-server', 'node-cluster', 'node-listener', 'vercel', 'aws-amplify', 'nitro-dev', 'nitro-prerender', undefined])('does not warn for the preset %s', (preset) => {
    expect(() => warnOfUnknownAddress(preset, undefined)).not.toThrow()
  })
})
