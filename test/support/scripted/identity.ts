import type { ScriptedDeployment } from './scripted-deployment.ts'
import { makeFunctionReference } from 'convex/server'
import { watch } from 'vue'

/** References to the functions that {@link scriptIdentity} scripts. */
export const identityApi = {
  /** `<subject>'s tasks` */
  tasks: makeFunctionReference<'query', { of?: string }, string>('tasks:list'),
  /** `<subject>` or `anonymous` */
  whoami: makeFunctionReference<'query', Record<string, never>, string>('users:whoami'),
  add: makeFunctionReference<'mutation', { text?: string }, string>('tasks:add'),
  run: makeFunctionReference<'action', Record<string, never>, string>('tasks:run'),
}

/**
 * Defines functions that return the identity that they run as. Sockets remain open until a test
 * drops them.
 */
export function scriptIdentity(deployment: ScriptedDeployment): void {
  deployment.isPinging = true
  const nameResult = (what: string) => (_args: unknown, subject: string | null): string => `${subject ?? 'anonymous'}'s ${what}`
  deployment.functions.set('tasks:list', nameResult('tasks'))
  deployment.functions.set('users:whoami', (_args, subject) => subject ?? 'anonymous')
  deployment.functions.set('tasks:add', nameResult('addition'))
  deployment.functions.set('tasks:run', nameResult('run'))
}

/** The subjects that a function has run as, in order. */
export function subjectsOf(deployment: ScriptedDeployment, name: string): (string | null)[] {
  return deployment.executions.filter(execution => execution.name === name).map(({ subject }) => subject)
}

/** Records every value of `read()` as JSON, even a value that is replaced in the same tick. */
export function recordTicks(read: () => unknown): string[] {
  const ticks: string[] = []
  watch(() => JSON.stringify(read()), text => ticks.push(text), { immediate: true, flush: 'sync' })
  return ticks
}

/** Stores in this browser that a user was signed in at this deployment before. */
export function leaveHint(deployment: ScriptedDeployment): void {
  localStorage.setItem(`convue:${deployment.url}`, '1')
}
