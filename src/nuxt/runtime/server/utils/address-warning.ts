/** Warns when the server starts on a host where the address of a client is never known. */
import { nuxtError } from './nuxt-error.ts'

/**
 * Presets of Nitro whose entry calls the app without a socket of Node: only a socket has the
 * address of a connection.
 */
const WITHOUT_SOCKET = /^(?:aws-lambda|azure|bun|cloudflare|deno|netlify|service-worker|vercel-edge|winterjs)/

/** With any other preset, the requests show whether the address is known. */
export function warnOfUnknownAddress(preset: string | undefined, trustProxy: unknown): void {
  if (trustProxy || !WITHOUT_SOCKET.test((preset ?? '').replaceAll('_', '-')))
    return
  const problem = `connections have no address with the preset ${preset}, and \`convex.server.trustProxy\` is off`
  console.warn(nuxtError('CLIENT_ADDRESS_UNKNOWN', problem).message)
}
