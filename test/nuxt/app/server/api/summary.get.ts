/** Requests no identity itself: the inner route does. */
export default defineEventHandler(async (event) => {
  setResponseHeader(event, 'cache-control', 'public, s-maxage=600')
  return `Summary: ${await event.$fetch('/api/identity')}`
})
