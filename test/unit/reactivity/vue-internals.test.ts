import { describe, it } from 'vitest'
import { vueInternals } from '../../package/peers-app/vue-internals.ts'

describe('vue-internals.ts', () => {
  it.each(Object.entries(vueInternals))('%s', async (_name, check) => {
    await check()
  })
})
