/** Warns in development if a page requires a user, but the app has no page for signing in. */
import { ConvueError } from 'convue'
import { writeTexts } from '../../../../errors/error-definition.ts'
import { nuxtErrors } from '../../../../errors/nuxt-errors.ts'

/** The paths with a warning, on `globalThis`: a development server loads this module repeatedly. */
const WARNED = Symbol.for('convue.nuxt.sign-in-warnings')

/**
 * Warns once for each path of a page.
 *
 * @param page The path of the page with `auth: 'required'`.
 * @param target The path to which its anonymous users are redirected.
 * @param isMissing Returns whether the app has no page at `target`.
 */
export function warnOfMissingSignIn(page: string, target: string, isMissing: () => boolean): void {
  const warned: Set<string> = (globalThis as any)[WARNED] ??= new Set()
  if (warned.has(page))
    return
  warned.add(page)
  if (!isMissing())
    return
  const [signInPath = ''] = target.split('?')
  const texts = writeTexts(nuxtErrors.SIGN_IN_PAGE_MISSING, { page, signInPath })
  console.warn(new ConvueError({ code: 'SIGN_IN_PAGE_MISSING', ...texts }).message)
}
