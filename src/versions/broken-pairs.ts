/** Versions of other packages that do not work together, although their ranges allow it. */
import { findPackage } from './installed-package.ts'
import { isInRange } from './version-range.ts'

/** Two installed packages that do not work together. */
export interface BrokenPair {
  packages: [name: string, range: string][]
  /** The effect of installing both packages together, as it was observed. */
  effect: string
  /** The command that installs versions that work together. */
  install: string
}

/** Each pair has also failed in an app without Convue. */
export const BROKEN_PAIRS: BrokenPair[] = [
  {
    packages: [['nuxt', '4.5.2'], ['vite', '8.4.0']],
    effect: '`nuxt build` fails',
    install: 'npm install --save-dev vite@8.3.8',
  },
]

/** The pairs that are installed for modules in `folder`. */
export function findBrokenPairs(folder: string): BrokenPair[] {
  return BROKEN_PAIRS.filter(({ packages }) => packages.every(([name, range]) => {
    const installed = findPackage(name, folder)
    return installed !== undefined && isInRange(installed.manifest.version, range)
  }))
}
