/** What the two ways say in which a route requests another one of the app. */
export default defineEventHandler(async event => [
  await event.$fetch('/api/identity'),
  await (await event.fetch('/api/identity')).text(),
].join(' / '))
