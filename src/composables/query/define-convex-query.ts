/** `defineConvexQuery`: one query, set up once per app, that several components share. */

import type { EffectScope } from 'vue'
import type { ConvexContext } from '../../plugin/context.ts'
import { tryOnScopeDispose } from '@vueuse/core'
import { effectScope } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'

/** The return value of `setup` in one app, and how many scopes use it. */
interface SharedReturn<Return> {
  scope: EffectScope
  value: Return
  users: number
}

/**
 * Defines a composable that layouts, pages and stores share. Each app runs `setup` once, at the
 * first use, and disposes of it when the last scope that uses it ends.
 *
 * The query belongs to none of the components that use it: its arguments must come from the app (a
 * store, the router), and lifecycle hooks of a component have no place in `setup`. A deactivated
 * `KeepAlive` page continues to use it. Used outside of a scope, as in a router guard, it exists
 * permanently.
 *
 * @param setup Runs once per app, as in a store: `inject` returns what the app provides.
 * @returns The composable to share. It throws `PLUGIN_MISSING` where no plugin is found.
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
