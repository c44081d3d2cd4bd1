import { useRoute, useRouter } from 'vue-router'

/** Returns a function that leaves a page for anonymous users, and opens the page that the user had requested. */
export function useNextPage(): () => Promise<unknown> {
  // #region snippet
  const route = useRoute()
  const router = useRouter()

  return () => router.replace(
    pathOnThisSite(route.query.redirect) ?? '/tasks',
  )
  // #endregion
}

/**
 * A link must not redirect users to another site. For a browser, `//evil.example` is another site, although it starts
 * like a path.
 */
function pathOnThisSite(redirect: unknown): string | undefined {
  return typeof redirect === 'string' && /^\/(?![/\\])/.test(redirect) ? redirect : undefined
}
