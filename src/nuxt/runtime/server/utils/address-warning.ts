import { nuxtError } from './nuxt-error.ts'

/** Presets of Nitro whose entry calls the app without a socket of Node, which alone tells the address of a connection. */
const WITHOUT_SOCKET = /^(?:aws-lambda|azure|bun|cloudflare|deno|netlify|service-worker|vercel-edge|winterjs)/

/** Says at the start of the server that it can never know the address of a client. Another preset is judged by its requests. */
export function warnOfUnknownAddress(preset: string | undefined, trustProxy: unknown): void {
  if (trustProxy || !WITHOUT_SOCKET.test((preset ?? '').replaceAll('_', '-')))
    return
  const problem = `connections have no address with the preset ${preset}, and \`convex.server.trustProxy\` is off`
  console.warn(nuxtError('CLIENT_ADDRESS_UNKNOWN', problem).message)
}
