import { useConvexAuth } from 'convue'
import { computed, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** Leaves a page for anonymous users, back to the previous page, as soon as a user is signed in: here or in another tab. */
export function useLeaveWhenSignedIn(): void {
  // #region snippet
  const { isAuthenticated } = useConvexAuth()
  const route = useRoute()
  const router = useRouter()
  const next = computed(() => pathOnThisSite(route.query.redirect))

  watch(isAuthenticated, (is) => {
    if (is)
      router.replace(next.value ?? '/tasks')
  }, { immediate: true })
  // #endregion
}

/** A link must not be able to send people to another site: `//evil.example` is a path too, to a browser. */
function pathOnThisSite(redirect: unknown): string | undefined {
  return typeof redirect === 'string' && /^\/(?![/\\])/.test(redirect) ? redirect : undefined
}
