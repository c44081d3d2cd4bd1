import process from 'node:process'
import { betterAuth } from 'better-auth/minimal'
import { defineEventHandler, getRequestHost, getRequestProtocol, toWebRequest } from 'h3'
import { createDatabase, db } from '#auth/database'
import createServerAuth from '#auth/server'

/** The server auth for each address at which the app is reached. */
const known = new Map<string, ReturnType<typeof betterAuth>>()

export default defineEventHandler(async (event) => {
  const baseURL = `${getRequestProtocol(event, { xForwardedProto: true })}://${getRequestHost(event, { xForwardedHost: true })}`
  let auth = known.get(baseURL)
  if (!auth) {
    const database = createDatabase()
    auth = betterAuth({ ...createServerAuth({ db }), ...database && { database }, secret: process.env.NUXT_BETTER_AUTH_SECRET, baseURL })
    known.set(baseURL, auth)
  }
  return await auth.handler(toWebRequest(event))
})
