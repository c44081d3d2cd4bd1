/** The responses to the two ways in which a route requests another route of the app. */
export default defineEventHandler(async event => [
  await event.$fetch('/api/identity'),
  await (await event.fetch('/api/identity')).text(),
].join(' / '))
