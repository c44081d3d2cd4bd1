export interface FlightSubject {
  name: string
  /**
   * The path of the page: a page with a script of `pages/`, built for production, or a page of the
   * Nuxt app.
   */
  path: string
  /** Whether the page is loaded in a browser that has shown the app to this user before. */
  isReturning: boolean
  /**
   * Whether the document contains the data. The page then only subscribes to keep the data live.
   */
  isRendered?: true
}

/** All paths below `/spa/react/` are pages of the same script. */
export const SUBJECTS: FlightSubject[] = [
  { name: 'floor: anonymous `ConvexClient`', path: '/spa/anonymous', isReturning: true },
  { name: 'Convue in a SPA', path: '/spa/convue', isReturning: true },
  { name: 'Convue in a SPA, first visit of the browser', path: '/spa/convue', isReturning: false },
  { name: 'Convue in a SPA, with `persist`', path: '/spa/persisted', isReturning: true },
  { name: 'Convue on Nuxt', path: '/tasks', isReturning: true, isRendered: true },
  { name: 'Convue on Nuxt, first visit of the browser', path: '/tasks', isReturning: false, isRendered: true },
  { name: '`ConvexBetterAuthProvider`, `expectAuth`', path: '/spa/react/expect-auth', isReturning: true },
  { name: '`ConvexBetterAuthProvider`, `<Authenticated>`', path: '/spa/react/authenticated', isReturning: true },
]

export const SCRIPTS = ['anonymous', 'convue', 'persisted', 'react']
