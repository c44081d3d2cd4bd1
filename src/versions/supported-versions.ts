/** The versions of other packages with which Convue works. */

/**
 * The ranges of all peers of Convue. `package.json` repeats only those that every app needs, and
 * that of `better-auth`, whose older versions have published vulnerabilities. For the others, it
 * has `*`: npm would otherwise refuse to install Convue in an app that has another version for
 * itself and does not use it with Convue. `jose` is a dependency, of which an app may have another
 * version for itself.
 */
export const SUPPORTED_VERSIONS = {
  '@pinia/colada': '^1.0.0',
  '@tanstack/vue-query': '^5.0.0',
  'better-auth': '>=1.6.34 <1.8',
  'convex': '^1.48.0',
  'esbuild': '>=0.25.0 <1.0.0',
  'jose': '^6.0.0',
  'nuxt': '^4.0.0',
  'vite': '>=7.0.0 <9.0.0',
  'vitest': '>=4.1.0 <6.0.0',
  'vue': '^3.5.0',
  'ws': '^8.18.0',
} as const

export type SupportedPackage = keyof typeof SUPPORTED_VERSIONS
