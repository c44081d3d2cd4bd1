/** The buttons of the inspector. */
import type { History } from './history.ts'
import type { InspectedApp } from './inspected-app.ts'
import type { SlowSockets } from './slow-sockets.ts'
import { webSocketOf } from '../client/convex-internals.ts'

/** A button that concerns the whole app. */
export interface AppAction {
  /** A name of https://fonts.google.com/icons. */
  icon: string
  label: string
  /** What happens after a click, unless the label says it. */
  effect?: string
  run: () => void | Promise<void>
}

/** A button that concerns one node of the tree. */
export interface NodeAction {
  icon: string
  label: string
  effect?: string
  /** The beginning of the ids of the nodes that have the button. */
  prefix: string
  /** Tells a developer who has selected another node what to select. */
  hint: string
  run: (id: string) => void | Promise<void>
}

const DELAYS_MS = [500, 2000, 0]

/** The buttons that concern the whole app. `notify` shows a message to the developer. */
export function createAppActions(
  app: InspectedApp,
  slow: SlowSockets,
  notify: (message: string) => void,
): AppAction[] {
  let nextDelay = 0
  const report = (error: Error): void => notify(error.message)
  return [
    {
      icon: 'refresh',
      label: 'Request the session and a new token',
      run: () => app.auth.refresh().catch(report),
    },
    {
      icon: 'timer_off',
      label: 'Expire the token',
      effect: 'the deployment accepts the user again once another token has arrived',
      run: () => expireToken(app, notify),
    },
    {
      icon: 'wifi_off',
      label: 'Disconnect all sockets',
      effect: 'they connect again after a back-off',
      run: () => disconnect(app),
    },
    {
      icon: 'hourglass_bottom',
      label: 'Slow down',
      effect: `messages arrive ${DELAYS_MS.join(', ')} ms later (one step for each click)`,
      run() {
        const delayMs = DELAYS_MS[nextDelay]!
        nextDelay = (nextDelay + 1) % DELAYS_MS.length
        slow.setDelay(delayMs)
        notify(delayMs > 0 ? `Messages of the deployment arrive ${delayMs} ms later.` : 'Messages arrive at once.')
      },
    },
    {
      icon: 'logout',
      label: 'Sign out',
      run: () => app.auth.signOut().catch(report),
    },
  ]
}

export function createNodeActions(app: InspectedApp, history: History): NodeAction[] {
  return [
    {
      icon: 'refresh',
      label: 'Invalidate the query',
      effect: 'fetch it again',
      prefix: 'query:',
      hint: 'Select a query, which this button then fetches again.',
      run: async id => await app.store.entries?.get(id.slice('query:'.length))?.refresh(),
    },
    {
      icon: 'wifi_off',
      label: 'Disconnect this client',
      prefix: 'connection:',
      hint: 'Select a connection, which this button then closes.',
      run: id => disconnect(app, open => id === `connection:${history.nameOf(open)}`),
    },
  ]
}

/** The explanation of a button, as one line. */
export function describeAction({ label, effect }: Pick<AppAction, 'label' | 'effect'>): string {
  return effect ? `${label}: ${effect}` : label
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
