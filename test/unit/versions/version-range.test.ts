import { describe, expect, it } from 'vitest'
import { isInRange } from '../../../src/versions/version-range.ts'

describe('isInRange', () => {
  it.each<[range: string, inside: string[], outside: string[]]>([
    ['>=1.6.34 <1.8', ['1.6.34', '1.6.100', '1.7.25'], ['1.6.33', '1.8.0', '2.0.0', '0.9.9']],
    ['>= 1.6.11 < 1.7.0', ['1.6.11', '1.6.34'], ['1.7.0', '1.7.25']],
    ['^1.48.0', ['1.48.0', '1.49.2'], ['1.47.9', '2.0.0']],
    ['^0.12.5', ['0.12.5', '0.12.9'], ['0.13.0', '1.0.0']],
    ['^0.0.3', ['0.0.3'], ['0.0.4', '0.0.2']],
    ['~1.4.5', ['1.4.5', '1.4.9'], ['1.5.0', '1.4.4']],
    ['^18.3.1 || ^19.0.0', ['18.3.1', '19.2.6'], ['18.3.0', '20.0.0']],
    ['>1.2 <=1.4', ['1.3.0', '1.4.9'], ['1.2.9', '1.5.0']],
    ['1.7', ['1.7.0', '1.7.25'], ['1.8.0', '1.6.9']],
    ['6', ['6.0.0', '6.9.9'], ['7.0.0', '5.0.0']],
    ['1.6.34', ['1.6.34'], ['1.6.35']],
    ['*', ['0.0.1', '99.0.0'], []],
    ['latest', ['1.0.0'], []],
  ])('compares versions with %s', (range, inside, outside) => {
    expect(inside.filter(version => !isInRange(version, range))).toEqual([])
    expect(outside.filter(version => isInRange(version, range))).toEqual([])
  })

  it('counts a pre-release as its release', () => {
    expect(isInRange('1.7.0-beta.3', '>=1.6.34 <1.8')).toBe(true)
    expect(isInRange('1.8.0-beta.3', '>=1.6.34 <1.8')).toBe(false)
    expect(isInRange('1.7.0+build', '1.7.0')).toBe(true)
  })
})
