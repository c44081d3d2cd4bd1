import { defineComponent } from 'vue'
import { useConvexAuth } from '../composables/auth/use-convex-auth.ts'

/**
 * Renders its slot while definitely nobody is signed in.
 *
 * @example
 * // <Unauthenticated><SignInForm /></Unauthenticated>
 */
export const Unauthenticated = /* @__PURE__ */ defineComponent({
  name: 'Unauthenticated',
  setup(_, { slots }) {
    const { status } = useConvexAuth()
    return () => status.value === 'unauthenticated' ? slots.default?.() : undefined
  },
})
