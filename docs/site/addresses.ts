/** The public addresses of the project. They are in `package.json`, and nowhere else. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest { homepage: string, repository: { url: string } }

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as Manifest

/** The address of this site. The reserved top-level domain `.example` is a placeholder until the site has an address. */
export const homepage = manifest.homepage

/** Returns the address of a file on the repository's host, or `undefined` as long as the repository has no public address. */
export function sourceAddress(path: string, { repository: { url } } = manifest): string | undefined {
  const address = url.replace(/^git\+/, '').replace(/\.git$/, '')
  return new URL(address).hostname.endsWith('.example') ? undefined : `${address}/blob/main/${path}`
}
