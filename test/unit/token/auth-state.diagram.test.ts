import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { causedArrows, FIRST_STATUSES } from '../../support/scripted/auth-arrows.ts'

/** The arrows of the diagram, one for each event. The text in parentheses explains the event. */
function drawnArrows(): string[] {
  const page = readFileSync('docs/contributing/architecture.md', 'utf8')
  const diagram = /```mermaid\nstateDiagram-v2\n(.*?)```/s.exec(page)![1]!
  return [...diagram.matchAll(/^ *(\w+|\[\*\]) --> (\w+)(?:: (.*))?$/gm)].flatMap(([, from, to, label = '']) =>
    label.replaceAll(/ ?\(.*?\)/g, '').split(', ').map(event => `${from} --> ${to}: ${event}`))
}

describe('the diagram of the auth state in architecture.md', () => {
  it('has exactly the arrows that random events cause', () => {
    const expected = [...FIRST_STATUSES.map(status => `[*] --> ${status}: `), ...causedArrows()]
    expect(drawnArrows().sort()).toEqual(expected.sort())
  })
})
