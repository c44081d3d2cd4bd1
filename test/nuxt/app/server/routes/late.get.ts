/** Requests the identity after the response has begun. */
export default defineEventHandler(async (event) => {
  setResponseHeader(event, 'cache-control', 'no-store')
  event.node.res.write('begun ')
  const { user } = await requireConvexUser(event)
  event.node.res.end(user.name)
})
