import { createNetwork, networkKey } from '../../../src/network'
import { createWire, wireKey } from '../../../src/wire'

/**
 * Provides the simulated network and the recorded socket messages, which the pages of the Vue playground use. A real
 * app does not need this plugin.
 */
export default defineNuxtPlugin({
  name: 'playground:network',
  enforce: 'pre',
  setup({ vueApp }) {
    const network = createNetwork()
    const wire = createWire(network.WebSocket)
    vueApp.provide(networkKey, network).provide(wireKey, wire)
    if (import.meta.client)
      globalThis.WebSocket = wire.WebSocket
  },
})
