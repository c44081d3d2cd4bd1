import { ConvexError } from 'convex/values'
import { isUnauthenticatedError } from 'convue'
import { describe, expect, it } from 'vitest'

describe('isUnauthenticatedError', () => {
  it.each([
    new ConvexError({ code: 'UNAUTHENTICATED', message: 'Sign in first.' }),
    new ConvexError('Unauthenticated'),
  ])('recognizes the error of a function that needs a user: $data', (error) => {
    expect(isUnauthenticatedError(error)).toBe(true)
  })

  it.each([
    new ConvexError({ code: 'FORBIDDEN', message: 'You may not do this.' }),
    new ConvexError({ message: 'Unauthenticated' }),
    new ConvexError('Not Unauthenticated'),
    new ConvexError(null),
    new Error('Unauthenticated'),
    'UNAUTHENTICATED',
    null,
    undefined,
  ])('does not recognize %s', (error) => {
    expect(isUnauthenticatedError(error)).toBe(false)
  })
})
