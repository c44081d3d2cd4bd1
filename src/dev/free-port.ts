/** Finds a port on which a server of this machine can listen. */
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
