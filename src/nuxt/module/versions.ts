/** Warns of installed packages whose versions do not work together. */
import type { Nuxt } from 'nuxt/schema'
import { useLogger } from 'nuxt/kit'
import { writeTexts } from '../../errors/error-definition.ts'
import { versionErrors } from '../../errors/version-errors.ts'
import { findVersionConflicts } from '../../versions/version-conflicts.ts'

/** Warns and does not throw, since the app may not use the packages. */
export function warnOfVersionConflicts(nuxt: Nuxt): void {
  for (const conflict of findVersionConflicts(nuxt.options.rootDir)) {
    const { why, fix } = writeTexts(versionErrors.VERSION_CONFLICT, conflict)
    useLogger('convue').warn(`[VERSION_CONFLICT] ${why} ${fix}`)
  }
}
