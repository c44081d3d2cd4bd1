/** The packages that an app needs, in versions that work together. */
import type { App, AuthKind } from './app.ts'
import type { Packages } from './edits/manifest.ts'
import { CONVUE_VERSION } from './templates.ts'

/** The versions of Better Auth that each set-up supports: the component does not support 1.7. */
const BETTER_AUTH: Record<AuthKind, Record<string, string>> = {
  local: { 'better-auth': '~1.7.25' },
  component: { 'better-auth': '~1.6.34', '@convex-dev/better-auth': '^0.12.5' },
  nuxt: { 'better-auth': '~1.7.25' },
}

/** Nuxt installs the newest Vite, but Nuxt 4.5.2 does not build with Vite 8.4.0. */
const VITE_FOR_NUXT = '~8.3.8'

/** The packages for a set-up. Packages that the app already lists keep their ranges. */
export function packagesFor({ framework, packages }: App, auth: AuthKind): Packages {
  return {
    dependencies: { ...BETTER_AUTH[auth], convex: '^1.48.0', convue: `^${CONVUE_VERSION}` },
    // For the embedded deployment.
    devDependencies: {
      esbuild: '^0.28.2',
      ws: '^8.23.0',
      ...framework === 'nuxt' && !('vite' in packages) && { vite: VITE_FOR_NUXT },
    },
  }
}
