/** Does not request the identity itself, but calls a route that does. */
export default defineEventHandler(async (event) => {
  setResponseHeader(event, 'cache-control', 'public, s-maxage=600')
  return `Summary: ${await event.$fetch('/api/identity')}`
})
