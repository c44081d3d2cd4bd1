import { describe, expect, it } from 'vitest'
import { diagnose } from '../../../src/errors/diagnose.ts'

describe('diagnose', () => {
  it('fills the params into the message of a code', () => {
    expect(diagnose('TOKEN_REQUEST_TIMEOUT', 10_000)).toMatchObject({
      code: 'TOKEN_REQUEST_TIMEOUT',
      why: 'The identity provider did not answer within 10000 ms.',
      fix: expect.stringContaining('retries'),
    })
  })

  it('keeps the cause', () => {
    const cause = new Error('offline')
    expect(diagnose('SIGN_OUT_FAILED', undefined, cause).cause).toBe(cause)
    expect(diagnose('TOKEN_REQUEST_FAILED', 503, cause)).toMatchObject({ cause, why: expect.stringContaining('503') })
  })

  it('accepts only the params of the code', () => {
    const wrongCalls = (): unknown[] => [
      // @ts-expect-error its message needs the number of milliseconds
      diagnose('TOKEN_REQUEST_TIMEOUT'),
      // @ts-expect-error its message needs a number
      diagnose('TOKEN_REQUEST_TIMEOUT', '10 s'),
      // @ts-expect-error its message takes no params
      diagnose('CLOSED', 'by the app'),
      // @ts-expect-error only the server raises this error
      diagnose('ORIGIN_UNTRUSTED', 'no origin'),
      // @ts-expect-error there is no such code
      diagnose('UNKNOWN'),
    ]
    expect(wrongCalls).toBeTypeOf('function')
  })
})
