/** The components that render their slot for some auth statuses only. */
import { defineComponent } from 'vue'
import { useConvexAuth } from '../composables/auth/use-convex-auth.ts'

/**
 * Renders its slot while the identity is not certain yet.
 *
 * @example
 * // <AuthLoading>One moment…</AuthLoading>
 */
export const AuthLoading = /* @__PURE__ */ defineAuthGate('AuthLoading', auth => auth.isLoading.value)

/**
 * Renders its slot while a user is signed in, also while the user's token is refreshed.
 *
 * @example
 * // <Authenticated><TaskList /></Authenticated>
 */
export const Authenticated = /* @__PURE__ */ defineAuthGate('Authenticated', auth => auth.isAuthenticated.value)

/**
 * Renders its slot while the page is definitely signed out.
 *
 * @example
 * // <Unauthenticated><SignInForm /></Unauthenticated>
 */
export const Unauthenticated = /* @__PURE__ */ defineAuthGate(
  'Unauthenticated',
  auth => auth.status.value === 'unauthenticated',
)

/**
 * Renders its slot while a known user waits for a token that the deployment accepts.
 *
 * @example
 * // <AuthRefreshing>Reconnecting…</AuthRefreshing>
 */
export const AuthRefreshing = /* @__PURE__ */ defineAuthGate('AuthRefreshing', auth => auth.isRefreshing.value)

// eslint-disable-next-line ts/explicit-function-return-type -- Vue infers the component's type.
function defineAuthGate(name: string, isOpen: (auth: ReturnType<typeof useConvexAuth>) => boolean) {
  return defineComponent({
    name,
    setup(_, { slots }) {
      const auth = useConvexAuth()
      return () => isOpen(auth) ? slots.default?.() : undefined
    },
  })
}
