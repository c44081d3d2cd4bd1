import type { Doc } from '../subject.ts'
import { ConvexClient } from 'convex/browser'
import { onScopeDispose, shallowRef, watch } from 'vue'
import { serve } from '../bench.ts'
import { clientOptions, getDoc, url } from '../subject.ts'
import { vueSubject } from '../vue-subject.ts'

/** Hand-written code with the client that Convex recommends. */
serve(vueSubject(() => {
  const client = new ConvexClient(url, clientOptions)
  return {
    useQuery(query, args) {
      const result = shallowRef()
      onScopeDispose(client.onUpdate(query, args(), value => result.value = value))
      return result
    },
    useChangingQuery(args) {
      const result = shallowRef<Doc>()
      let unsubscribe = (): void => {}
      watch(args, (wanted) => {
        unsubscribe()
        unsubscribe = client.onUpdate(getDoc, wanted, value => result.value = value)
      }, { immediate: true })
      onScopeDispose(() => unsubscribe())
      return result
    },
    close: () => void client.close(),
  }
}))
