/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** The deployment's URL. The dev server sets it: see `playground/start-playground.ts`. */
  readonly VITE_CONVEX_URL: string
}
