import type { ConvexServerOptions } from 'convue/server'
import { ConvueError, createConvexServer } from 'convue/server'
import { describe, expect, it } from 'vitest'

const CLOUD = 'https://happy-otter-123.convex.cloud'
const SITE = 'https://happy-otter-123.convex.site'

/** The error that invalid options cause. */
function misconfigure(options: Partial<ConvexServerOptions>): ConvueError {
  try {
    createConvexServer({ convexUrl: CLOUD, convexSiteUrl: SITE, ...options })
  }
  catch (error) {
    expect(error).toBeInstanceOf(ConvueError)
    return error as ConvueError
  }
  throw new Error('Nothing was thrown.')
}

describe('createConvexServer, with wrong addresses', () => {
  it.each([
    ['missing', undefined, 'missing'],
    ['an empty string', '', 'missing'],
    ['an address without a scheme', 'happy-otter-123.convex.site', 'scheme'],
    ['an address with another scheme', 'ftp://happy-otter-123.convex.site', 'scheme'],
    ['the deployment\'s own address', CLOUD, '.convex.cloud'],
    ['the deployment\'s own address with a slash', `${CLOUD}/`, '.convex.cloud'],
    ['an address with credentials', 'https://ada:pa55word@happy-otter-123.convex.site', 'user'],
    ['an address with a user', 'https://pa55word@happy-otter-123.convex.site', 'user'],
    ['an address with a query', `${SITE}?a=b`, 'query'],
  ])('throws for a convexSiteUrl that is %s', (_name, convexSiteUrl, why) => {
    const error = misconfigure({ convexSiteUrl })
    expect(error.code).toBe('SITE_URL_INVALID')
    expect(error.why).toContain(why)
    expect(error.fix).toContain('CONVEX_SITE_URL')
    expect(error.message).not.toContain('pa55word')
  })

  it.each([
    ['missing', undefined, 'missing'],
    ['an address without a scheme', 'happy-otter-123.convex.cloud', 'scheme'],
    ['the address of the HTTP actions', SITE, '.convex.site'],
  ])('throws for a convexUrl that is %s', (_name, convexUrl, why) => {
    const error = misconfigure({ convexUrl })
    expect(error.code).toBe('URL_INVALID')
    expect(error.why).toContain(why)
  })

  it('explains the error in production, too', () => {
    const { NODE_ENV } = process.env
    process.env.NODE_ENV = 'production'
    try {
      expect(misconfigure({ convexSiteUrl: '' }).message).toMatch(/convexSiteUrl.*missing.*CONVEX_SITE_URL/)
    }
    finally {
      process.env.NODE_ENV = NODE_ENV
    }
  })
})

describe('createConvexServer, with other invalid options', () => {
  it.each<Partial<ConvexServerOptions>>([
    { basePath: '' },
    { basePath: '/' },
    { basePath: '/api/../auth' },
    { basePath: '/api//auth' },
    { basePath: '/api/auth?x' },
    { tokenPath: '' },
    { tokenPath: '/convex/../token' },
    { cookiePrefix: '' },
    { cookiePrefix: 'better auth' },
    { trustedOrigins: ['admin.example.com'] },
    { trustedOrigins: ['https://admin.example.com/path'] },
    { trustedOrigins: ['*'] },
    { trustProxy: { hops: 0 } },
    { trustProxy: { hops: 1.5 } },
    { trustProxy: { hops: Number.NaN } },
    { trustProxy: { addressHeader: '' } },
    { trustProxy: { addressHeader: 'x forwarded for' } },
    { trustProxy: { addressHeader: 'Forwarded' } },
    { trustProxy: { protocolHeader: '' } },
    { trustProxy: { hostHeader: 'x forwarded host' } },
    { trustProxy: 'loopback' as any },
    { trustProxy: 1 as any },
    { clientAddressHeader: 'x client' },
    { jwtCache: { marginMs: -1 } },
    { maxBodyBytes: Number.NaN },
    { timeoutMs: 0 },
  ])('throws for %j', (options) => {
    expect(misconfigure(options)).toMatchObject({ code: 'SERVER_OPTION_INVALID' })
    expect(misconfigure(options).why).toContain(Object.keys(options)[0])
  })
})
