import { Readable } from 'node:stream'

const PUBLIC = 'public, s-maxage=600'

/** All ways in which a response can end, after the identity was requested. */
const endings: Record<string, (event: any) => unknown> = {
  'a value': () => ({ ok: true }),
  'null': () => null,
  'send': event => send(event, 'sent'),
  'end': event => void event.node.res.end('ended'),
  'sendNoContent': event => sendNoContent(event),
  'sendRedirect': event => sendRedirect(event, '/elsewhere'),
  'a web stream': () => new Response('streamed').body,
  'a Node stream': () => Readable.from(['streamed']),
  'a web Response': () => new Response('answered', { headers: { 'cache-control': PUBLIC, 'cdn-cache-control': PUBLIC, 'set-cookie': 'own=1' } }),
  'a web Response that redirects': () => new Response(null, { status: 303, headers: { 'location': '/elsewhere', 'cache-control': PUBLIC } }),
  'a thrown error': () => {
    throw createError({ statusCode: 418, message: 'Thrown' })
  },
  'an unknown error': () => {
    throw new Error('Unknown')
  },
  '304': event => handleCacheHeaders(event, { etag: '"1"', maxAge: 600, modifiedTime: new Date(0) }) ? undefined : 'modified',
  'writeHead': (event) => {
    event.node.res.writeHead(200, { 'cache-control': PUBLIC, 'Surrogate-Control': 'max-age=600', 'set-cookie': 'own=1' })
    event.node.res.end('written')
  },
  'appendHeader': (event) => {
    appendResponseHeader(event, 'cache-control', PUBLIC)
    event.node.res.appendHeader('Cache-Control', PUBLIC)
    return 'appended'
  },
  'headers that are cleared': (event) => {
    clearResponseHeaders(event)
    return 'cleared'
  },
  'a proxied route': event => proxyRequest(event, '/ending/public', { fetch: event.fetch }),
  'nothing': () => undefined,
}

export default defineEventHandler(async (event) => {
  const how = decodeURIComponent(getRouterParam(event, 'how')!)
  if (how === 'public') {
    setResponseHeaders(event, { 'cache-control': PUBLIC, 'CDN-Cache-Control': PUBLIC, 'set-cookie': 'own=1' })
    return 'public'
  }
  if (how === 'late' || how === 'late and private') {
    setResponseHeader(event, 'cache-control', how === 'late' ? PUBLIC : 'private, no-store')
    event.node.res.write('begun ')
    const { name } = await requireConvexUser(event).then(({ user }) => user, error => ({ name: error.code }))
    event.node.res.end(name)
    return
  }
  await useConvexServer(event).getToken()
  for (const name of ['Cache-Control', 'CDN-Cache-Control', 'Netlify-CDN-Cache-Control', 'Vercel-CDN-Cache-Control', 'Cloudflare-CDN-Cache-Control', 'Surrogate-Control'])
    setResponseHeader(event, name, PUBLIC)
  setCookie(event, 'theme', 'dark')
  return endings[how]!(event)
})
