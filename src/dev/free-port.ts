/** Finds a port on which a server of this machine can listen. */
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** The next free port from `first`; `first` itself if none of the next hundred is free. */
export async function findFreePort(first: number, host: string): Promise<number> {
  for (let port = first; port < first + 100; port++) {
    if (await isFree(port, host))
      return port
  }
  return first
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

async function isFree(port: number, host: string): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen(port, host)
    await once(probe, 'listening')
    return true
  }
  catch {
    return false
  }
  finally {
    probe.close()
  }
}
