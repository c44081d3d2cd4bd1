import type { EffectScope } from 'vue'
import type { ConvexContext } from '../../plugin/context.ts'
import { effectScope, getCurrentScope, onScopeDispose } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'

/** What the users of one app share. */
interface Shared<Return> {
  scope: EffectScope
  value: Return
  users: number
}

/**
 * A query, or whatever a composable returns, that layouts, pages and stores share by name: each app sets it up once, at its first use, and it lives
 * as long as anyone in that app uses it. It belongs to none of its users: its arguments come from the app (a store, the router), and hooks of a
 * component have no place in it. A page that rests in a `KeepAlive` goes on using it. Used where there is no scope that ends, as in a router
 * guard, it stays for good.
 *
 * @param setup Runs once per app, as in a store: `inject` gives what the app provides.
 * @returns The composable to share. It throws `PLUGIN_MISSING` where no plugin is found.
 * @example
 * export const useCurrentTeam = defineConvexQuery(() => useAuthedQuery(api.teams.current))
 */
export function defineConvexQuery<Return>(setup: () => Return): () => Return {
  const apps = new WeakMap<ConvexContext, Shared<Return>>()

  return () => {
    const context = useConvexContext('defineConvexQuery')
    const shared = apps.get(context) ?? create(context)
    shared.users++
    if (getCurrentScope()) {
      onScopeDispose(() => {
        if (--shared.users > 0)
          return
        apps.delete(context)
        shared.scope.stop()
      })
    }
    return shared.value
  }

  function create(context: ConvexContext): Shared<Return> {
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
