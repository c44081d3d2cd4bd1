import { convexVue, useConvexClient, useConvexQuery } from 'convex-vue'
import { serve } from '../bench.ts'
import { clientOptions, getDoc, url } from '../subject.ts'
import { vueSubject } from '../vue-subject.ts'

serve(vueSubject(() => ({
  install: app => app.use(convexVue, { url, clientOptions }),
  useQuery: (query, args) => useConvexQuery(query as typeof getDoc, args()).data,
  useChangingQuery: args => useConvexQuery(getDoc, args).data,
  close: app => void app.runWithContext(useConvexClient).close(),
})))
