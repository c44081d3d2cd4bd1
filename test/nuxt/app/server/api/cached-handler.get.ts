/** Nitro passes a cached handler the cookies too, if the app says so. */
export default defineCachedEventHandler(event => identityOf(event), { maxAge: 60, varies: ['cookie'] })
