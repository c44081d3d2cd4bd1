/** Types of the files that the module generates in an app. */

declare module '#build/convue/options.mjs' {
  export const basePath: string
  export const tokenInPayload: boolean
  export const rendersUser: boolean
  export const tokens: boolean
  export const tokenPath: string
  /** The path of the deployment on the origin of the page; `null` if its address is used. */
  export const clientPath: string | null
  export const queryDefaults: Pick<import('convue').ConvexOptions, 'queryAuth' | 'keepPreviousData' | 'lingerMs'>
  type Page = import('../module/page-target.ts').PageTarget
  export const pages: { auth: import('../module/options.ts').PageAuth, signInPath: Page, homePath: Page }
}

declare module '#build/convue/browser-features.mjs' {
  type Options = import('convue').ConvexOptions
  export const createResultStore: (readAfter?: Promise<unknown>) => Options['persist']
  export const createOutbox: () => Options['outbox']
  export const clientOptions: Options['clientOptions']
}

declare module '#internal/nuxt/paths' {
  export const baseURL: () => string
}

declare module '#build/convue/auth-client.mjs' {
  export const findAuthClient: () => any
}

/** The types that the module generates in an app replace this interface. */
interface ConvueAuthClient {
  client: typeof import('./app/utils/default-auth-client.ts').authClient
}
