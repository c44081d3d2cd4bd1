/** `defineConvexQuery`: a query that several components of an app share. */

import type { EffectScope } from 'vue'
import type { ConvexContext } from '../../plugin/context.ts'
import { tryOnScopeDispose } from '@vueuse/core'
import { effectScope } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'

/**
 * The return value of `setup` in one app, its effect scope, and the number of scopes that use it.
 */
interface SharedReturn<Return> {
  scope: EffectScope
  value: Return
  users: number
}

/**
 * Defines a composable that layouts, pages and stores share. `setup` runs at the first use of the
 * composable in an app. Its effects are disposed of when the last scope that uses the composable
 * ends; the next use runs `setup` again.
 *
 * The query does not belong to any of the components that use it. Its arguments must therefore come
 * from the app (a store, the router), and `setup` must not register lifecycle hooks of a component.
 * A deactivated `KeepAlive` page continues to use the query. If the composable is used outside of a
 * scope, for example in a router guard, the query is never disposed of.
 *
 * @param setup Runs outside of components, as in a store: `inject` returns what the app provides.
 * @returns The composable to share. It throws `PLUGIN_MISSING` if it finds no plugin.
 * @example
 * export const useCurrentTeam = defineConvexQuery(() => useAuthedQuery(api.teams.current))
 */
export function defineConvexQuery<Return>(setup: () => Return): () => Return {
  const apps = new WeakMap<ConvexContext, SharedReturn<Return>>()

  return () => {
    const context = useConvexContext('defineConvexQuery')
    const shared = apps.get(context) ?? create(context)
    shared.users++
    tryOnScopeDispose(() => {
      if (--shared.users > 0)
        return
      apps.delete(context)
      shared.scope.stop()
    })
    return shared.value
  }

  function create(context: ConvexContext): SharedReturn<Return> {
    const scope = effectScope(true)
    try {
      const value = context.app.runWithContext(() => scope.run(setup)!)
      const shared = { scope, value, users: 0 }
      apps.set(context, shared)
      return shared
    }
    catch (error) {
      scope.stop()
      throw error
    }
  }
}
