/** Decides which hosts and origins may use the ports of an embedded deployment. */
import type { IncomingMessage } from 'node:http'
import { testingError } from '../testing-error.ts'

/** The allowed addresses, in addition to the addresses of the loopback interface. */
export interface AccessOptions {
  /** Host names, in lower case, without a port. */
  hosts: string[]
  /** Origins, in lower case. */
  origins: string[]
}

/** The answer to a request that is refused. */
export interface Refusal {
  code: 'HostNotAllowed' | 'OriginNotAllowed'
  message: string
}

/** The options of `startDeployment` that concern access; see `DeploymentOptions`. */
interface AllowedAddresses {
  siteUrl: string
  allowedOrigins?: readonly string[] | undefined
  allowedHosts?: readonly string[] | undefined
}

/** A scheme, a host and an optional port. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#@\s]+\/?$/i

/**
 * Resolves the options to the allowed addresses, which always include those of the page.
 *
 * @throws ConvueError `DEPLOYMENT_OPTION_INVALID`
 */
export function resolveAccess({ siteUrl, allowedOrigins = [], allowedHosts = [] }: AllowedAddresses): AccessOptions {
  const page = parseUrl(siteUrl)
  if (!page?.host)
    throw testingError('DEPLOYMENT_OPTION_INVALID', { option: 'siteUrl', value: siteUrl })
  const origins = allowedOrigins.map((origin) => {
    const url = parseUrl(origin)
    if (!url || !ORIGIN.test(origin))
      throw testingError('DEPLOYMENT_OPTION_INVALID', { option: 'allowedOrigins', value: origin })
    return url
  })
  const hosts = allowedHosts.map((host) => {
    const name = hostNameOf(host)
    if (name === null || /:\d*$/.test(host.replace(/^\[.*\]/, '')))
      throw testingError('DEPLOYMENT_OPTION_INVALID', { option: 'allowedHosts', value: host })
    return name
  })
  return {
    hosts: [...[page, ...origins].map(({ hostname }) => hostname.toLowerCase()), ...hosts],
    origins: [page, ...origins].map(originOf),
  }
}

/**
 * Requires the variable `SITE_URL` to be an address, if it is set.
 *
 * @throws ConvueError `DEPLOYMENT_OPTION_INVALID`
 */
export function requireSiteUrl(value: string | undefined): void {
  if (value !== undefined && !parseUrl(value)?.host)
    throw testingError('DEPLOYMENT_OPTION_INVALID', { option: 'SITE_URL', value })
}

/**
 * Decides which requests may use a deployment. The deployment only listens on the loopback
 * interface, but any page in a browser on this machine can send requests to this interface. The
 * header `Host` reveals requests of a site whose name resolves to this machine (DNS rebinding), and
 * `Origin` reveals requests of any other site. Programs other than browsers send no `Origin`.
 */
export class Access {
  #hosts: ReadonlySet<string> = new Set()
  #origins: ReadonlySet<string> = new Set()

  constructor(options: AccessOptions) {
    this.replace(options)
  }

  /** Allows these addresses instead of the previous ones, for requests from now on. */
  replace({ hosts, origins }: AccessOptions): void {
    this.#hosts = new Set(hosts)
    this.#origins = new Set(origins)
  }

  /** Returns the refusal of the request's `Host`, or `null` if the host is allowed. */
  checkHost({ headers: { host } }: IncomingMessage): Refusal | null {
    const name = hostNameOf(host)
    if (name !== null && (isLoopback(name) || this.#hosts.has(name)))
      return null
    return {
      code: 'HostNotAllowed',
      message: `This deployment does not answer to the host ${quote(host)}. `
        + 'If this is your own address, add its name to `allowedHosts` of startDeployment.',
    }
  }

  /** Returns the refusal of the request's `Origin`, or `null` if the origin is allowed. */
  checkOrigin({ headers: { origin } }: IncomingMessage): Refusal | null {
    if (origin === undefined)
      return null
    const url = parseUrl(origin)
    if (url && (this.#origins.has(originOf(url)) || (/^https?:$/.test(url.protocol) && isLoopback(url.hostname))))
      return null
    return {
      code: 'OriginNotAllowed',
      message: `This deployment does not answer to pages of the origin ${quote(origin)}. `
        + 'If this is your own page, add its origin to `allowedOrigins` of startDeployment.',
    }
  }
}

/** The name in a `Host` header, in the form in which `URL` returns host names. */
function hostNameOf(host: string | undefined): string | null {
  const [, name, port = ''] = /^([\w.-]+|\[[\da-f:.]+\])(:\d*)?$/i.exec(host ?? '') ?? []
  if (name === undefined)
    return null
  return parseUrl(`http://${name}${port}`)?.hostname.replace(/\.$/, '') ?? null
}

/** A name below `localhost` is always this machine (RFC 6761). */
function isLoopback(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}

/**
 * Returns the origin of a URL. `URL.origin` is "null" for the custom scheme of an app, such as
 * `capacitor:`.
 */
function originOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`.toLowerCase()
}

function parseUrl(text: string): URL | null {
  if (URL.canParse(text))
    return new URL(text)
  return null
}

/** Quotes the value of a request's header for a message. */
function quote(value: string | undefined): string {
  return JSON.stringify((value ?? '').slice(0, 100))
}
