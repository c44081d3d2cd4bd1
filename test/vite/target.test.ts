import type { TargetNames } from '../../src/dev/target.ts'
import { describe, expect, it } from 'vitest'
import { findTarget } from '../../src/dev/target.ts'

describe('findTarget', () => {
  it.each([
    [{}, { kind: 'embedded' }],
    [{ VITE_CONVEX_URL: '', CONVEX_DEPLOYMENT: '' }, { kind: 'embedded' }],
    // The address of HTTP actions alone does not choose a deployment.
    [{ VITE_CONVEX_SITE_URL: 'https://a.convex.site' }, { kind: 'embedded' }],
    [
      { VITE_CONVEX_URL: 'https://happy-otter-123.convex.cloud/' },
      { kind: 'remote', url: 'https://happy-otter-123.convex.cloud', siteUrl: 'https://happy-otter-123.convex.site' },
    ],
    [
      { VITE_CONVEX_URL: 'http://127.0.0.1:3210', VITE_CONVEX_SITE_URL: 'http://127.0.0.1:3211' },
      { kind: 'remote', url: 'http://127.0.0.1:3210', siteUrl: 'http://127.0.0.1:3211' },
    ],
    [
      { CONVEX_DEPLOYMENT: 'dev:happy-otter-123' },
      { kind: 'remote', url: 'https://happy-otter-123.convex.cloud', siteUrl: 'https://happy-otter-123.convex.site' },
    ],
  ])('returns the target of the variables: %j, %j', (variables, target) => {
    expect(findTarget(variables)).toEqual(target)
  })

  it.each([
    ['DEPLOYMENT_URL_INVALID', { VITE_CONVEX_URL: 'localhost:3210' }],
    ['DEPLOYMENT_URL_INVALID', { VITE_CONVEX_URL: 'https://a.convex.cloud/api' }],
    ['DEPLOYMENT_URL_INVALID', { VITE_CONVEX_URL: 'https://a.convex.cloud', VITE_CONVEX_SITE_URL: 'a.convex.site' }],
    ['DEPLOYMENT_URL_INVALID', { CONVEX_DEPLOYMENT: 'local:local-team-project' }],
    ['SITE_URL_UNKNOWN', { VITE_CONVEX_URL: 'http://127.0.0.1:3210' }],
  ])('throws %s for %j', (code, variables) => {
    expect(() => findTarget(variables)).toThrow(expect.objectContaining({ code }))
  })

  const NUXT = { url: ['CONVEX_URL', 'NUXT_PUBLIC_CONVEX_URL'], siteUrl: ['CONVEX_SITE_URL'] } satisfies TargetNames

  it('reads the variables with the given names, the first one that has a value', () => {
    const variables = { VITE_CONVEX_URL: 'https://a.convex.cloud', CONVEX_URL: '', NUXT_PUBLIC_CONVEX_URL: 'https://b.convex.cloud' }
    expect(findTarget(variables, NUXT)).toMatchObject({ kind: 'remote', url: 'https://b.convex.cloud' })
  })

  it.each([
    ['CONVEX_SITE_URL', { CONVEX_URL: 'http://127.0.0.1:3210' }],
    ['CONVEX_URL', { CONVEX_DEPLOYMENT: 'local:local-team-project' }],
    ['NUXT_PUBLIC_CONVEX_URL', { NUXT_PUBLIC_CONVEX_URL: 'localhost:3210' }],
  ])('names %s in the solution for %j', (name, variables) => {
    expect(() => findTarget(variables, NUXT)).toThrow(expect.objectContaining({ fix: expect.stringContaining(`Set ${name} to`) }))
  })
})
