import { useConvexAuth } from 'convue'
import { computed, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** Leaves a page that is for guests only, for where they came from, as soon as somebody is signed in: here or in another tab. */
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
