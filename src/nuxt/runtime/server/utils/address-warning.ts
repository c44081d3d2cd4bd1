import { ConvueError } from 'convue/server'

/** Presets of Nitro whose entry calls the app without a socket of Node, which alone tells the address of a connection. */
const WITHOUT_SOCKET = /^(?:aws-lambda|azure|bun|cloudflare|deno|netlify|service-worker|vercel-edge|winterjs)/

/** Says at the start of the server that it can never know the address of a client. Another preset is judged by its requests. */
export function warnOfUnknownAddress(preset: string | undefined, trustProxy: unknown): void {
  if (trustProxy || !WITHOUT_SOCKET.test((preset ?? '').replaceAll('_', '-')))
    return
  console.warn(new ConvueError({
    code: 'CLIENT_ADDRESS_UNKNOWN',
    why: `With the preset ${preset} no connection has an address, and \`convex.server.trustProxy\` is off, so clients share Better Auth's limits for sign-ins.`,
    fix: 'Set `trustProxy` to the header that your host writes.',
  }).message)
}
