/** The Nuxt module. `module/` contains its steps, and `runtime/` the code that runs in the app. */
import type { NuxtModule } from 'nuxt/schema'
import type { ModuleOptions, ResolvedOptions } from './module/options.ts'
import { addPlugin, addServerPlugin, createResolver, defineNuxtModule } from 'nuxt/kit'
import { addAuthClient } from './module/auth-client.ts'
import { addAuthDatabase } from './module/auth-database.ts'
import { findAuthProvider, findIdentitySource } from './module/auth-provider.ts'
import { addAuthRoutes, addPageRules, protectAuthRoutes } from './module/auth-routes.ts'
import { addAuthImports, addAutoImports } from './module/auto-imports.ts'
import { addBrowserFeatures, storesData } from './module/browser-features.ts'
import { addConvexAliases } from './module/convex-alias.ts'
import { setUpDevelopment } from './module/development.ts'
import { findFunctionsLayer, findLayers } from './module/layers.ts'
import { warnOfMissingUrl } from './module/missing-url.ts'
import { assertSerializable, defaults } from './module/options.ts'
import { addDevtoolsTab, recordRequests } from './module/request-records.ts'
import { addBuildConstants, setIdentitySource, setRuntimeConfig } from './module/runtime-config.ts'
import { addAuthTypes, addRuntimeTypes } from './module/types.ts'
import { warnOfVersionConflicts } from './module/versions.ts'

export type { ModuleOptions, ModuleServerOptions, PageAuth } from './module/options.ts'
export type { ConvexAppConfig, DynamicPageTarget, PageTarget } from './module/page-target.ts'

const module: NuxtModule<ModuleOptions> = defineNuxtModule<ModuleOptions>({
  meta: {
    name: 'convue',
    configKey: 'convex',
    compatibility: { nuxt: '>=4.0.0' },
  },
  defaults,
  async setup(moduleOptions, nuxt) {
    const options = moduleOptions as ResolvedOptions
    const { resolve } = createResolver(import.meta.url)
    const provider = findAuthProvider(options, nuxt)
    const layers = findLayers(nuxt, options.functions)
    const functionsLayer = findFunctionsLayer(layers, options.functions)

    assertSerializable(options)
    warnOfVersionConflicts(nuxt)
    setRuntimeConfig(options, nuxt)
    const served = await setUpDevelopment(options, nuxt, { provider, functions: functionsLayer.functions })
    addBuildConstants(options, nuxt, served)
    addBrowserFeatures(options)
    if (served?.deployment !== 'embedded')
      warnOfMissingUrl(nuxt)
    addConvexAliases(nuxt, functionsLayer, layers[0])
    const authClientFile = await addAuthClient(nuxt, layers, provider, storesData(options))

    addPlugin({ src: resolve('./runtime/app/plugins/convex.server'), mode: 'server' })
    addPlugin({ src: resolve('./runtime/app/plugins/convex.client'), mode: 'client' })
    addServerPlugin(resolve('./runtime/server/plugins/convex'))
    addServerPlugin(resolve('./runtime/server/plugins/error-status'))
    if (served) {
      served.readRequests = recordRequests(nuxt, resolve('./runtime/server/plugins/request-records'), served)
      addDevtoolsTab(nuxt)
    }
    addAutoImports()
    addRuntimeTypes()

    addAuthDatabase(options, provider, nuxt)
    nuxt.hook('modules:done', () => {
      const identitySource = findIdentitySource(options, provider, nuxt)
      setIdentitySource(nuxt, identitySource)
      if (identitySource === 'app')
        protectAuthRoutes(options.basePath)
    })

    if (provider === 'convue')
      addAuthRoutes(options.basePath)
    if (provider === 'convue' || provider === 'local') {
      addAuthImports()
      addPageRules()
      addAuthTypes(authClientFile!)
    }
  },
})

export default module
