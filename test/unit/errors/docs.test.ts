import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConvueError } from '../../../src/errors/convue-error.ts'
import { IdentityChangedError } from '../../../src/errors/identity-changed-error.ts'
import { ADDRESS_FILE, writeAddressFile } from '../../support/docs/error-reference.ts'

describe('docs of ConvueError', () => {
  it('is the address of the page about the code, below the homepage of the package', () => {
    const { homepage } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'))
    expect(new ConvueError({ code: 'CLOSED', why: '', fix: '' }).docs).toBe(`${homepage}errors/CLOSED`)
    expect(new IdentityChangedError('notSent').docs).toBe(`${homepage}errors/IDENTITY_CHANGED`)
    expect(readFileSync(ADDRESS_FILE, 'utf8')).toBe(writeAddressFile())
  })
})
