import { createConvex, useConvexQuery } from 'convue'
import { serve } from '../bench.ts'
import { clientOptions, getDoc, url } from '../subject.ts'
import { vueSubject } from '../vue-subject.ts'

serve(vueSubject((options) => {
  const convex = createConvex({ url, clientOptions, ...options })
  return {
    install: app => app.use(convex),
    useQuery: (query, args) => useConvexQuery(query as typeof getDoc, args()).data,
    useChangingQuery: args => useConvexQuery(getDoc, args).data,
    close: () => void convex.close(),
  }
}))
