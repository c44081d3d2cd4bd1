/** A registry of npm with packages of this repository. It redirects requests for others. */
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { run } from '../../package/peers/run.ts'

export interface LocalRegistry {
  url: string
  close: () => void
}

/** A packed package, as `npm pack --json` describes it. */
interface Packed {
  name: string
  version: string
  filename: string
  integrity: string
  shasum: string
}

/**
 * Packs the packages in these folders, and serves them.
 *
 * @param folders The folders of the packages.
 * @param scratch The folder for the packed files.
 */
export async function startRegistry(folders: string[], scratch: string): Promise<LocalRegistry> {
  const { stdout } = await run('npm', ['config', 'get', 'registry'], scratch)
  const upstream = stdout.trim().replace(/\/$/, '')
  const documents = new Map<string, (url: string) => object>()
  const files = new Map<string, string>()
  for (const folder of folders) {
    const packed = await pack(folder, scratch)
    files.set(`/files/${packed.filename}`, join(scratch, packed.filename))
    documents.set(`/${packed.name}`, url => describePackage(folder, packed, url))
  }
  const server = createServer((request, response) => {
    const path = request.url!
    const document = documents.get(path)
    const file = files.get(path)
    if (document)
      response.setHeader('content-type', 'application/json').end(JSON.stringify(document(`http://${request.headers.host}`)))
    else if (file !== undefined)
      response.setHeader('content-type', 'application/octet-stream').end(readFileSync(file))
    else
      response.writeHead(307, { location: upstream + path }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function pack(folder: string, scratch: string): Promise<Packed> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], folder)
  const [packed] = JSON.parse(stdout) as [Packed]
  return packed
}

/** What a registry tells about a package with one version. */
function describePackage(folder: string, { name, version, filename, integrity, shasum }: Packed, url: string): object {
  const { scripts, devDependencies, workspaces, ...manifest } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const dist = { tarball: `${url}/files/${filename}`, integrity, shasum }
  return {
    name,
    'dist-tags': { latest: version },
    'versions': { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
  }
}
