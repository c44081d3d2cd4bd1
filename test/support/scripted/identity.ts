import type { ScriptedDeployment } from './scripted-deployment.ts'
import { makeFunctionReference } from 'convex/server'
import { watch } from 'vue'

/** References to what {@link scriptIdentity} scripts. */
export const identityApi = {
  /** `<subject>'s tasks` */
  tasks: makeFunctionReference<'query', { of?: string }, string>('tasks:list'),
  /** `<subject>` or `nobody` */
  whoami: makeFunctionReference<'query', Record<string, never>, string>('users:whoami'),
  add: makeFunctionReference<'mutation', { text?: string }, string>('tasks:add'),
  run: makeFunctionReference<'action', Record<string, never>, string>('tasks:run'),
}

/** Functions whose every answer tells as whom they ran, on sockets that live for as long as a test lets them. */
export function scriptIdentity(deployment: ScriptedDeployment): void {
  deployment.isPinging = true
  const tell = (what: string) => (_args: unknown, subject: string | null): string => `${subject ?? 'nobody'}'s ${what}`
  deployment.functions.set('tasks:list', tell('tasks'))
  deployment.functions.set('users:whoami', (_args, subject) => subject ?? 'nobody')
  deployment.functions.set('tasks:add', tell('addition'))
  deployment.functions.set('tasks:run', tell('run'))
}

/** As whom a function has been executed, in order. */
export function subjectsOf(deployment: ScriptedDeployment, name: string): (string | null)[] {
  return deployment.executions.filter(execution => execution.name === name).map(({ subject }) => subject)
}

/** Every tick of what can be read, as text: nothing that a page could have shown for however short a moment is missing. */
export function recordTicks(read: () => unknown): string[] {
  const ticks: string[] = []
  watch(() => JSON.stringify(read()), text => ticks.push(text), { immediate: true, flush: 'sync' })
  return ticks
}

/** Remembers in this browser that somebody was signed in at this deployment. */
export function leaveHint(deployment: ScriptedDeployment): void {
  localStorage.setItem(`convue:${deployment.url}`, '1')
}
