export default defineEventHandler(async (event) => {
  const { user } = await requireConvexUser(event)
  return { name: user.name }
})
