/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** The deployment's URL: the dev server puts it here, see `playground/start-playground.ts`. */
  readonly VITE_CONVEX_URL: string
}
