/** The one-time token in the address of a page, after the redirect of a sign-in. */

const PARAMETER = 'ott'

/**
 * Removes the token from the page's address and returns it, so that no reload, history entry or
 * copied link contains it. Returns `null` without a token, or if the code does not run in a page.
 */
export function takeOneTimeToken(): string | null {
  if (typeof window === 'undefined' || !window.location || !window.history)
    return null
  const url = new URL(window.location.href)
  const token = url.searchParams.get(PARAMETER)
  if (token === null)
    return null
  url.searchParams.delete(PARAMETER)
  window.history.replaceState(window.history.state, '', url)
  return token
}
