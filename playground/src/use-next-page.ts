import { useConvexAuth } from 'convue'
import { computed, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/**
 * Leaves a page for anonymous users as soon as a user is signed in, in this tab or in another tab. Returns to the
 * previous page.
 */
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

/**
 * A link must not redirect users to another site. For a browser, `//evil.example` is another site, although it starts
 * like a path.
 */
function pathOnThisSite(redirect: unknown): string | undefined {
  return typeof redirect === 'string' && /^\/(?![/\\])/.test(redirect) ? redirect : undefined
}
