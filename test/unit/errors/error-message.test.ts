import { ConvexError } from 'convex/values'
import { errorMessage, IdentityChangedError } from 'convue'
import { describe, expect, it } from 'vitest'
import { diagnose } from '../../../src/errors/diagnose.ts'

const messages = {
  TOO_LONG: ({ limit }: { limit: number }) => `At most ${limit} characters.`,
  NOT_FOUND: 'This task does not exist.',
  IDENTITY_CHANGED: 'Another user is signed in now.',
  CONNECTION_LOST: 'The connection was lost.',
  INVALID_EMAIL: () => 'This is not an email address.',
  404: 'Not a code of a function.',
}

describe('errorMessage', () => {
  it.each([
    ['the data of a ConvexError', new ConvexError({ code: 'TOO_LONG', limit: 20 }), 'At most 20 characters.'],
    ['the data of a ConvexError without other fields', new ConvexError({ code: 'NOT_FOUND' }), 'This task does not exist.'],
    ['a ConvexError whose data is a string', new ConvexError('NOT_FOUND'), 'This task does not exist.'],
    ['a ConvueError', diagnose('CONNECTION_LOST'), 'The connection was lost.'],
    ['an IdentityChangedError', new IdentityChangedError('notSent'), 'Another user is signed in now.'],
    ['an error of Better Auth', { code: 'INVALID_EMAIL', message: 'Invalid email', status: 400 }, 'This is not an email address.'],
  ])('is the message of the code of %s', (_name, error, expected) => {
    expect(errorMessage(error, messages, 'Fallback')).toBe(expected)
  })

  it.each([
    ['another code', new ConvexError({ code: 'OTHER' })],
    ['data without a code', new ConvexError({ limit: 20 })],
    ['data that is null', new ConvexError(null)],
    ['a code that is not a string', new ConvexError({ code: 404 })],
    ['a code that every object has', new ConvexError({ code: 'constructor' })],
    ['another code that every object has', new ConvexError('__proto__')],
    ['an ordinary error', new Error('NOT_FOUND')],
    ['a value that is not an error', 'NOT_FOUND'],
    ['zero', 0],
  ])('is the fallback for %s', (_name, error) => {
    expect(errorMessage(error, messages, 'Fallback')).toBe('Fallback')
    expect(errorMessage(error, messages, () => 'Computed')).toBe('Computed')
    expect(errorMessage(error, messages)).toBeUndefined()
  })

  it.each([undefined, null])('is undefined for %s, even with a fallback', (error) => {
    expect(errorMessage(error, messages, 'Fallback')).toBeUndefined()
  })

  it('calls a message that is a function each time, so that its language can change', () => {
    let language = 'en'
    const translated = { NOT_FOUND: () => language === 'en' ? 'Not found.' : 'Nicht gefunden.' }
    expect(errorMessage(new ConvexError('NOT_FOUND'), translated)).toBe('Not found.')
    language = 'de'
    expect(errorMessage(new ConvexError('NOT_FOUND'), translated)).toBe('Nicht gefunden.')
  })
})
