import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { ConvexBetterAuthProvider } from '@convex-dev/better-auth/react'
import { createAuthClient } from 'better-auth/react'
import { Authenticated, ConvexReactClient, useQuery } from 'convex/react'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { container, tasks, url } from './page.ts'

const authClient = createAuthClient({ plugins: [convexClient()] })

function Tasks(): any {
  const data = useQuery(tasks)
  return data && createElement('p', { id: 'data' }, data.map(({ text }) => text).join())
}

/**
 * Whether the page uses `expectAuth` or `<Authenticated>`, the two ways to prevent a query from
 * running anonymously.
 */
const isExpectingAuth = location.pathname.endsWith('expect-auth')
const client = new ConvexReactClient(url, { expectAuth: isExpectingAuth })
const children = createElement(Tasks)

createRoot(container).render(createElement(ConvexBetterAuthProvider, {
  client,
  authClient,
  children: isExpectingAuth ? children : createElement(Authenticated, null, children),
}))
