/** Errors of `convue/testing/mock`. */
import type { ErrorDefinition } from './error-definition.ts'

/** A function that a component has used, and that has no answer. */
interface MissingAnswer { kind: 'query' | 'mutation' | 'action', name: string }

/** `tasks:list` as `api.tasks.list`. */
function referenceTo(name: string): string {
  return `api.${name.replaceAll(/[/:]/g, '.')}`
}

export const mockErrors = {
  MOCK_ANSWER_MISSING: {
    scopes: ['mock'],
    why: ({ kind, name }: MissingAnswer): string =>
      `A component has used the ${kind} ${name}, which has no answer in this mock.`,
    fix: ({ kind, name }: MissingAnswer): string => `Call \`mock.${kind}(${referenceTo(name)}, answer)\`.`,
    reference: 'A component has used a function that has no answer in the mock, or that has an answer as another kind '
      + 'of function.',
    referenceFix: 'Call the method of the mock that the message names, before the component uses the function.',
  },
} satisfies Record<string, ErrorDefinition>
