import { defineComponent } from 'vue'
import { useConvexAuth } from '../composables/auth/use-convex-auth.ts'

/**
 * Renders its slot while it is not known for sure who is there.
 *
 * @example
 * // <AuthLoading>One moment…</AuthLoading>
 */
export const AuthLoading = /* @__PURE__ */ defineComponent({
  name: 'AuthLoading',
  setup(_, { slots }) {
    const { isLoading } = useConvexAuth()
    return () => isLoading.value ? slots.default?.() : undefined
  },
})
