import { httpRouter } from 'convex/server'
import { api } from './_generated/api'
import { httpAction } from './_generated/server'
import { authComponent, createAuth } from './auth'

const http = httpRouter()

authComponent.registerRoutes(http, createAuth)

http.route({
  path: '/hello',
  method: 'GET',
  handler: httpAction(async (ctx, request) => {
    const identity = await ctx.auth.getUserIdentity()
    const name = new URL(request.url).searchParams.get('name') ?? identity?.name ?? 'anonymous'
    return new Response(`hello ${name}`, { headers: { 'x-method': request.method } })
  }),
})

http.route({
  path: '/messages',
  method: 'POST',
  handler: httpAction(async (ctx, request) => {
    const { channel, body } = await request.json()
    const id = await ctx.runMutation(api.messages.send, { channel, body })
    return Response.json({ id }, { status: 201 })
  }),
})

http.route({
  pathPrefix: '/mirror/',
  method: 'POST',
  handler: httpAction(async (_ctx, request) => {
    const headers = new Headers({ 'content-type': request.headers.get('content-type') ?? '' })
    headers.append('set-cookie', 'first=1')
    headers.append('set-cookie', 'second=2')
    return new Response(await request.arrayBuffer(), { headers })
  }),
})

http.route({
  path: '/broken',
  method: 'GET',
  handler: httpAction(async () => {
    throw new Error('this route is broken')
  }),
})

export default http
