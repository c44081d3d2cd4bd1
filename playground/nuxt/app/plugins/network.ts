import { createNetwork, networkKey } from '../../../src/network'
import { createWire, wireKey } from '../../../src/wire'

/** The pages of the Vue playground make the network slow, and the inspector shows what goes over it. An app needs no such thing. */
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
