export interface FlightSubject {
  name: string
  /** The path of its page: a script of `pages/`, built for production, or a page of the Nuxt app. */
  path: string
  /** Whether the page is loaded in a browser that has shown the app to this user before. */
  isReturning: boolean
  /** The document contains the data, and the page subscribes to keep it live. */
  isRendered?: true
}

/** All paths below `/spa/react/` are one script. */
export const SUBJECTS: FlightSubject[] = [
  { name: 'floor: anonymous `ConvexClient`', path: '/spa/anonymous', isReturning: true },
  { name: 'Convue in a SPA', path: '/spa/convue', isReturning: true },
  { name: 'Convue in a SPA, first visit of the browser', path: '/spa/convue', isReturning: false },
  { name: 'Convue on Nuxt', path: '/tasks', isReturning: true, isRendered: true },
  { name: 'Convue on Nuxt, first visit of the browser', path: '/tasks', isReturning: false, isRendered: true },
  { name: '`ConvexBetterAuthProvider`, `expectAuth`', path: '/spa/react/expect-auth', isReturning: true },
  { name: '`ConvexBetterAuthProvider`, `<Authenticated>`', path: '/spa/react/authenticated', isReturning: true },
]

export const SCRIPTS = ['anonymous', 'convue', 'react']
