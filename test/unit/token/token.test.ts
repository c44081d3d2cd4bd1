import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { readToken } from '../../../src/token/token.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'

function token(payload: unknown): string {
  return `header.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.signature`
}

describe('readToken', () => {
  describe('the claims of a token', () => {
    it('are the user id, the session id and the lifetime', () => {
      expect(readToken(fakeToken('ada', { sessionId: 's1', lifetimeSeconds: 60 }))).toMatchObject({ user: { id: 'ada', sessionId: 's1' }, lifetimeMs: 60_000 })
    })

    it('are decoded from base64url as UTF-8', () => {
      expect(readToken(token({ sub: 'Ädä ✓ 漢字 ?>~' }))?.user.id).toBe('Ädä ✓ 漢字 ?>~')
    })

    it('may lack a session id and an expiry', () => {
      expect(readToken(token({ sub: 'ada' }))).toMatchObject({ user: { id: 'ada', sessionId: null }, lifetimeMs: Number.POSITIVE_INFINITY })
      expect(readToken(token({ sub: 'ada', sessionId: 7, exp: 'soon', iat: 1 }))).toMatchObject({ user: { id: 'ada', sessionId: null }, lifetimeMs: Number.POSITIVE_INFINITY })
    })

    it('become the profile of the user, without the claims about the token itself', () => {
      const payload = { sub: 'ada', sessionId: 's1', iat: 1, exp: 2, iss: 'https://issuer', aud: 'convex', name: 'Ada', email: 'ada@example.com' }
      expect(readToken(token(payload))?.user.profile).toEqual({ id: 'ada', name: 'Ada', email: 'ada@example.com' })
    })

    it('determine the lifetime without a clock', () => {
      expect(readToken(token({ sub: 'ada', iat: 10, exp: 20 }))?.lifetimeMs).toBe(10_000)
      expect(readToken(token({ sub: 'ada', iat: 20, exp: 10 }))?.lifetimeMs).toBe(Number.POSITIVE_INFINITY)
    })
  })

  describe('a value that is not a token', () => {
    it.each([
      ['undefined', undefined],
      ['null', null],
      ['a number', 42],
      ['an object', {}],
      ['an empty string', ''],
      ['a string without dots', 'garbage'],
      ['an HTML page', '<!doctype html><title>Just a moment...</title>'],
      ['only dots', '..'],
      ['invalid base64', 'a.%%%.c'],
      ['invalid JSON', `a.${Buffer.from('{').toString('base64url')}.c`],
      ['JSON null', token(null)],
      ['a list', token([])],
      ['claims without `sub`', token({ sessionId: 's1' })],
      ['an empty `sub`', token({ sub: '' })],
      ['a number for `sub`', token({ sub: 7 })],
    ])('returns null: %s', (_name, value) => {
      expect(readToken(value)).toBeNull()
    })
  })
})
