/** Adds the types that the module declares in the app. */
import { addTypeTemplate, createResolver } from 'nuxt/kit'

const { resolve } = createResolver(import.meta.url)

/** Adds the types of the runtime config and of `event.context`, for the app and for its server. */
export function addRuntimeTypes(): void {
  addTypeTemplate({
    filename: 'types/convue-runtime.d.ts',
    getContents: () => `import ${JSON.stringify(resolve('../runtime/types'))}\nexport {}\n`,
  }, { nuxt: true, nitro: true, node: true })
}

/**
 * Adds the types of the page rules and of the auth client. `authClientFile` is the path of the file
 * that exports `authClient`, without its extension.
 */
export function addAuthTypes(authClientFile: string): void {
  const convue = JSON.stringify(resolve('../module'))
  const DYNAMIC_AUTH = 'PageAuth<DynamicPageTarget>'
  addTypeTemplate({
    filename: 'types/convue.d.ts',
    getContents: () => `import type { ConvexAppConfig, DynamicPageTarget, PageAuth } from ${convue}
import type { authClient } from ${JSON.stringify(authClientFile)}

declare module '#app' { interface PageMeta { auth?: ${DYNAMIC_AUTH} } }
declare module 'nuxt/app' { interface PageMeta { auth?: ${DYNAMIC_AUTH} } }
declare module 'vue-router' { interface RouteMeta { auth?: ${DYNAMIC_AUTH} } }
declare module 'nuxt/schema' { interface AppConfigInput { convex?: ConvexAppConfig } }
declare global {
  /** The auth client of this app. */
  interface ConvueAuthClient { client: typeof authClient }
}
export {}
`,
  })
}
