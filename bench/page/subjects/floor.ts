import type { Value } from 'convex/values'
import type { ShallowRef } from 'vue'
import { BaseConvexClient } from 'convex/browser'
import { getFunctionName } from 'convex/server'
import { onScopeDispose, shallowRef } from 'vue'
import { serve } from '../bench.ts'
import { clientOptions, url } from '../subject.ts'
import { vueSubject } from '../vue-subject.ts'

interface Slot {
  result: ShallowRef<Value | undefined>
  users: number
}

/**
 * The least work that any library for Vue must do: one transition handler writes results to a map
 * from each query to a `shallowRef`.
 */
serve(vueSubject(() => {
  const slots = new Map<string, Slot>()
  const client = new BaseConvexClient(url, () => {}, clientOptions)
  client.addOnTransitionHandler(({ queries }) => {
    for (const { token, modification } of queries) {
      const slot = slots.get(token)
      if (slot && modification.kind === 'Updated' && modification.result?.success)
        slot.result.value = modification.result.value
    }
  })
  return {
    useQuery(query, args) {
      const { queryToken, unsubscribe } = client.subscribe(getFunctionName(query), args())
      let slot = slots.get(queryToken)
      if (!slot)
        slots.set(queryToken, slot = { result: shallowRef(), users: 0 })
      const { result } = slot
      slot.users++
      onScopeDispose(() => {
        if (--slot.users === 0)
          slots.delete(queryToken)
        unsubscribe()
      })
      return result
    },
    useChangingQuery: null,
    close: () => void client.close(),
  }
}))
