import { describe, expect, it } from 'vitest'
import { AUTH_DIAGRAM } from '../../../src/devtools/auth-diagram.ts'
import { causedArrows } from '../../support/scripted/auth-arrows.ts'

describe('AUTH_DIAGRAM', () => {
  it('shows exactly the arrows that random events cause', () => {
    const shown = Object.entries(AUTH_DIAGRAM).flatMap(([from, { arrows }]) =>
      Object.entries(arrows).flatMap(([label, to]) =>
        label.replaceAll(/ ?\(.*?\)/g, '').split(', ').map(event => `${from} --> ${to}: ${event}`)))
    expect(shown.sort()).toEqual(causedArrows())
  })
})
