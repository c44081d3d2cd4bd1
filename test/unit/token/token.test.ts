import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { readToken } from '../../../src/token/token.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'

function token(payload: unknown): string {
  return `header.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.signature`
}

describe('the claims of a token', () => {
  it('say whose it is, of which session, and how long it lives', () => {
    expect(readToken(fakeToken('ada', { sessionId: 's1', lifetimeSeconds: 60 }))).toMatchObject({ user: { id: 'ada', sessionId: 's1' }, lifetimeMs: 60_000 })
  })

  it('are read from base64url with any character of Unicode', () => {
    expect(readToken(token({ sub: 'Ädä ✓ 漢字 ?>~' }))?.user.id).toBe('Ädä ✓ 漢字 ?>~')
  })

  it('need no session id and no expiry', () => {
    expect(readToken(token({ sub: 'ada' }))).toMatchObject({ user: { id: 'ada', sessionId: null }, lifetimeMs: Number.POSITIVE_INFINITY })
    expect(readToken(token({ sub: 'ada', sessionId: 7, exp: 'soon', iat: 1 }))).toMatchObject({ user: { id: 'ada', sessionId: null }, lifetimeMs: Number.POSITIVE_INFINITY })
  })

  it('say what else the provider tells of the person, and nothing of the token itself', () => {
    const payload = { sub: 'ada', sessionId: 's1', iat: 1, exp: 2, iss: 'https://issuer', aud: 'convex', name: 'Ada', email: 'ada@example.com' }
    expect(readToken(token(payload))?.user.profile).toEqual({ id: 'ada', name: 'Ada', email: 'ada@example.com' })
  })

  it('give a lifetime that no clock has a part in', () => {
    expect(readToken(token({ sub: 'ada', iat: 10, exp: 20 }))?.lifetimeMs).toBe(10_000)
    expect(readToken(token({ sub: 'ada', iat: 20, exp: 10 }))?.lifetimeMs).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('what is no token', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 42],
    ['an object', {}],
    ['an empty string', ''],
    ['a word', 'garbage'],
    ['a page', '<!doctype html><title>Just a moment...</title>'],
    ['dots', '..'],
    ['no base64', 'a.%%%.c'],
    ['no JSON', `a.${Buffer.from('{').toString('base64url')}.c`],
    ['JSON null', token(null)],
    ['a list', token([])],
    ['no `sub`', token({ sessionId: 's1' })],
    ['an empty `sub`', token({ sub: '' })],
    ['a number for `sub`', token({ sub: 7 })],
  ])('is told by %s', (_name, value) => {
    expect(readToken(value)).toBeNull()
  })
})
