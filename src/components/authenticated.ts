import { defineComponent } from 'vue'
import { useConvexAuth } from '../composables/auth/use-convex-auth.ts'

/**
 * Renders its slot while a user is signed in, a refresh of their token included.
 *
 * @example
 * // <Authenticated><TaskList /></Authenticated>
 */
export const Authenticated = /* @__PURE__ */ defineComponent({
  name: 'Authenticated',
  setup(_, { slots }) {
    const { isAuthenticated } = useConvexAuth()
    return () => isAuthenticated.value ? slots.default?.() : undefined
  },
})
