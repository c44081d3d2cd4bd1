import { defineComponent } from 'vue'
import { useConvexAuth } from '../composables/auth/use-convex-auth.ts'

/**
 * Renders its slot while a known user waits for a token that the deployment accepts.
 *
 * @example
 * // <AuthRefreshing>Reconnecting…</AuthRefreshing>
 */
export const AuthRefreshing = /* @__PURE__ */ defineComponent({
  name: 'AuthRefreshing',
  setup(_, { slots }) {
    const { isRefreshing } = useConvexAuth()
    return () => isRefreshing.value ? slots.default?.() : undefined
  },
})
