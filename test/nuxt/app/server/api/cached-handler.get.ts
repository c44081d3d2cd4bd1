/** Nitro passes cookies to a cached handler if the app lists them. */
export default defineCachedEventHandler(event => identityOf(event), { maxAge: 60, varies: ['cookie'] })
