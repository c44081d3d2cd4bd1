/** Warns at the start of the server if the host never provides the addresses of clients. */
import { nuxtError } from './nuxt-error.ts'

/**
 * The presets of Nitro whose entry calls the app without a Node socket. Only a socket provides the
 * address of a connection.
 */
const WITHOUT_SOCKET = /^(?:aws-lambda|azure|bun|cloudflare|deno|netlify|service-worker|vercel-edge|winterjs)/

/** With all other presets, only a request shows whether the address is known. */
export function warnOfUnknownAddress(preset: string | undefined, trustProxy: unknown): void {
  if (trustProxy || !WITHOUT_SOCKET.test((preset ?? '').replaceAll('_', '-')))
    return
  const problem = `connections have no address with the preset ${preset}, and \`convex.server.trustProxy\` is off`
  console.warn(nuxtError('CLIENT_ADDRESS_UNKNOWN', problem).message)
}
