/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** The deployment's URL. The plugin `convue()` in `vite.config.ts` sets it. */
  readonly VITE_CONVEX_URL: string
}
