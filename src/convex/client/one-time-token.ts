/** The one-time token in the address of a page, after the redirect of a sign-in. */

const PARAMETER = 'ott'

/**
 * Takes the token out of the page's address, so that neither a reload, nor the history, nor a
 * copied link contains it; `null` if there is none, or if this is not a page.
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
