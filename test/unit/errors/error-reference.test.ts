import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ERROR_PAGE, errorCodes, writeErrorPage } from '../../support/docs/error-reference.ts'

describe('docs/reference/errors.md', () => {
  it('equals the output of "npm run docs:errors"', () => {
    const page = readFileSync(ERROR_PAGE, 'utf8')
    expect(page).toBe(writeErrorPage(page))
  })

  it('lists each code once', () => {
    expect([...new Set(errorCodes)]).toEqual(errorCodes)
  })
})
