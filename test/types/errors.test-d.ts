import type { ErrorMessages } from 'convue'
import { errorMessage } from 'convue'
import { describe, expectTypeOf, it } from 'vitest'

type AppError = { code: 'TOO_LONG', limit: number } | { code: 'NOT_FOUND' }

describe('errorMessage', () => {
  it('returns a text, or undefined without an error', () => {
    expectTypeOf(errorMessage(new Error('No.'), {})).toEqualTypeOf<string | undefined>()
  })

  it('accepts any code by default, and passes the data', () => {
    errorMessage(undefined, { ANY: 'text', OTHER: ({ code, limit }) => `${code} ${limit}`, CONNECTION_LOST: () => 'text' }, () => 'other')
    // @ts-expect-error a message is a text or a function
    errorMessage(undefined, { ANY: 1 })
  })

  it('accepts the codes of the app and of Convue, and narrows the data to the code', () => {
    const messages: ErrorMessages<AppError> = {
      TOO_LONG: (data) => {
        expectTypeOf(data).toEqualTypeOf<{ code: 'TOO_LONG', limit: number }>()
        return `${data.limit}`
      },
      NOT_FOUND: 'text',
      SIGN_OUT_FAILED: 'text',
    }
    errorMessage<AppError>(undefined, messages)
    // @ts-expect-error there is no such code
    errorMessage<AppError>(undefined, { TOO_SHORT: 'text' })
  })
})
