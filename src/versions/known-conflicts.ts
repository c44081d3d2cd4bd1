/** Versions of other packages that do not work together, also without Convue. */

/** A package that fails together with another one, although their ranges permit it. */
export interface KnownConflict {
  /** The versions of the package that fail, as a range. */
  versions: string
  /** The other package. */
  other: string
  /** The versions of the other package with which it fails. */
  otherVersions: string
  /** The range of the other package that works. */
  use: string
  /** What fails. */
  effect: string
}

/** The conflicts, by the name of the package that fails. */
export const KNOWN_CONFLICTS = {
  nuxt: {
    versions: '>=4.0.0 <=4.5.2',
    other: 'vite',
    otherVersions: '>=8.4.0',
    use: '~8.3.8',
    effect: '`nuxt build` fails',
  },
} as const satisfies Record<string, KnownConflict>
