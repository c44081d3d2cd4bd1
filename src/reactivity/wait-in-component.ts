/** Delays the rendering of a component on a server. */
import { getCurrentInstance, onServerPrefetch } from 'vue'

/**
 * A production build of Nuxt removes calls of `onServerPrefetch` from the bundle of the browser. It
 * finds them by this name, so the function has another one here.
 *
 * @see https://nuxt.com/docs/api/nuxt-config#treeshake
 */
const delayRendering = onServerPrefetch

/**
 * On a server, delays the rendering of the current component until `ready` resolves. A browser does
 * not wait, but must register the hook in the same components as the server, because Vue's `useId`
 * counts the components that have such a hook.
 *
 * @see https://github.com/vuejs/core/blob/main/packages/runtime-core/src/helpers/useId.ts
 */
export function waitInComponent(ready?: Promise<unknown>): void {
  if (getCurrentInstance())
    delayRendering(() => ready)
}
