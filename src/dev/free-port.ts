/** Finds a port on which a server of this machine can listen. */
import type { AddressInfo, Server } from 'node:net'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port on which no other server can listen until it is released. */
export interface ReservedPort {
  port: number
  release: () => Promise<void>
}

/** The next free port from `first`; `first` itself if none of the next hundred is free. */
export async function findFreePort(first: number, host: string): Promise<number> {
  const { port, release } = await reservePort(first, host)
  await release()
  return port
}

/**
 * Reserves the next free port from `first`. If none of the next hundred is free, `first` itself is
 * returned without a reservation.
 */
export async function reservePort(first: number, host: string): Promise<ReservedPort> {
  for (let port = first; port < first + 100; port++) {
    const server = await listen(port, host)
    if (server)
      return { port, release: () => close(server) }
  }
  return { port: first, release: async () => {} }
}

/** Ports of the loopback interface for the two servers of a deployment. */
export interface DeploymentPorts {
  port: number
  sitePort: number
}

/** Finds two free ports, for a deployment that starts later. */
export async function findDeploymentPorts(): Promise<DeploymentPorts> {
  const probes = [createServer(), createServer()]
  try {
    const [port, sitePort] = await Promise.all(probes.map(async (probe) => {
      probe.listen(0, '127.0.0.1')
      await once(probe, 'listening')
      return (probe.address() as AddressInfo).port
    }))
    return { port: port!, sitePort: sitePort! }
  }
  finally {
    probes.forEach(probe => probe.close())
  }
}

/** A server that listens on the port; `null` if the port is in use. */
async function listen(port: number, host: string): Promise<Server | null> {
  // A tab of an earlier server tries to connect again and again. A connection that remained open
  // would keep the port from being released.
  const server = createServer(socket => socket.destroy())
  try {
    server.listen(port, host)
    await once(server, 'listening')
    return server
  }
  catch {
    server.close()
    return null
  }
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => server.close(() => resolve()))
}
