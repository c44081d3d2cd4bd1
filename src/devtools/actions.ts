/** The buttons of the inspector. */
import type { InspectorOptions } from './devtools-api.ts'
import type { History } from './history.ts'
import type { InspectedApp } from './inspected-app.ts'
import type { SlowSockets } from './slow-sockets.ts'
import { webSocketOf } from '../client/convex-internals.ts'

type Action = NonNullable<InspectorOptions['actions']>[number]
type NodeAction = NonNullable<InspectorOptions['nodeActions']>[number]

const DELAYS_MS = [500, 2000, 0]

/** The buttons that concern the whole app. `notify` shows a message to the developer. */
export function createActions(app: InspectedApp, slow: SlowSockets, notify: (message: string) => void): Action[] {
  let nextDelay = 0
  const report = (error: Error): void => notify(error.message)
  return [
    {
      icon: 'refresh',
      tooltip: 'Request the session and a new token',
      action: () => app.auth.refresh().catch(report),
    },
    {
      icon: 'timer_off',
      tooltip: 'Expire the token: the deployment accepts the user again once another token has arrived',
      action: () => expireToken(app, notify),
    },
    {
      icon: 'wifi_off',
      tooltip: 'Disconnect all sockets: they connect again after a back-off',
      action: () => disconnect(app),
    },
    {
      icon: 'hourglass_bottom',
      tooltip: `Slow down: messages arrive ${DELAYS_MS.join(', ')} ms later (one step for each click)`,
      action() {
        const delayMs = DELAYS_MS[nextDelay]!
        nextDelay = (nextDelay + 1) % DELAYS_MS.length
        slow.setDelay(delayMs)
        notify(delayMs > 0 ? `Messages of the deployment arrive ${delayMs} ms later.` : 'Messages arrive at once.')
      },
    },
    {
      icon: 'logout',
      tooltip: 'Sign out',
      action: () => app.auth.signOut().catch(report),
    },
  ]
}

/**
 * The buttons of a node. DevTools show all of them for each node, so `notify` explains a button
 * that does not apply to the selected node.
 */
export function createNodeActions(
  app: InspectedApp,
  history: History,
  notify: (message: string) => void,
): NodeAction[] {
  return [
    {
      icon: 'refresh',
      tooltip: 'Invalidate the query: fetch it again',
      action: async (id) => {
        const entry = id.startsWith('query:') && app.store.entries?.get(id.slice('query:'.length))
        if (!entry)
          return notify('Select a query, which this button then fetches again.')
        await entry.refresh()
      },
    },
    {
      icon: 'wifi_off',
      tooltip: 'Disconnect this client',
      action: (id) => {
        if (!id.startsWith('connection:'))
          return notify('Select a connection, which this button then closes.')
        disconnect(app, open => id === `connection:${history.nameOf(open)}`)
      },
    },
  ]
}

type Open = NonNullable<InspectedApp['clients']['opened']>['value'][number]

function disconnect({ clients }: InspectedApp, isChosen: (open: Open) => boolean = () => true): void {
  for (const open of clients.opened?.value ?? []) {
    if (isChosen(open))
      webSocketOf(open.client.convex)?.close()
  }
}

/** Lets the user's client treat its token as one that the deployment does not accept any more. */
function expireToken({ engine, clients }: InspectedApp, notify: (message: string) => void): void {
  const open = clients.opened?.value.find(({ kind }) => kind === 'user')
  if (engine.state.status !== 'authenticated' || !open)
    return notify('No user is signed in with a confirmed token.')
  engine.onAuthResult('refreshing')
  engine.dispatch({ type: 'tokenRequested' })
  open.client.authenticate()
}
