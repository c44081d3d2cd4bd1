/** Prints a plan: new files by their names, changed files with their changed lines. */
import type { Change, ManualStep, Plan } from './plan.ts'
import { basename, dirname } from 'node:path'
import { styleText } from 'node:util'
import { structuredPatch } from 'diff'

/** The lines that describe the changes. */
export function describeChanges({ changes }: Plan): string[] {
  const created = changes.filter(({ before }) => before === null)
  const changed = changes.filter(({ before }) => before !== null)
  return [...describeCreated(created), ...changed.flatMap(describeChanged)]
}

/** One line for each folder. */
function describeCreated(created: Change[]): string[] {
  const folders = new Map<string, string[]>()
  for (const { path, isSecret } of created) {
    const folder = dirname(path)
    const name = `${basename(path)}${isSecret ? ' (a new secret)' : ''}`
    folders.set(folder, [...folders.get(folder) ?? [], name])
  }
  return [...folders].map(([folder, names]) => {
    const prefix = folder === '.' ? '' : `${folder}/ `
    return `${styleText('green', '+')} ${prefix}${names.join(', ')}`
  })
}

function describeChanged(change: Change): string[] {
  const title = `${styleText('yellow', '~')} ${change.path}`
  if (change.isSecret)
    return [`${title} (a new secret)`]
  if (change.path === 'package.json')
    return [title, `    ${styleText('green', `+ ${addedPackages(change).join(', ')}`)}`]
  return [title, ...changedLines(change)]
}

function addedPackages({ before, after }: Change): string[] {
  const [old, current] = [before ?? '{}', after].map(packagesOf) as [Record<string, string>, Record<string, string>]
  return Object.entries(current).filter(([name]) => !(name in old)).map(entry => entry.join(' '))
}

function packagesOf(text: string): Record<string, string> {
  const { dependencies, devDependencies } = JSON.parse(text)
  return { ...dependencies, ...devDependencies }
}

/** The removed and added lines. */
function changedLines({ path, before, after }: Change): string[] {
  const { hunks } = structuredPatch(path, path, before ?? '', after, '', '', { context: 0 })
  return hunks.flatMap(({ lines }) => lines)
    .filter(line => /^[+-]\s*\S/.test(line))
    .map(line => `    ${styleText(line.startsWith('+') ? 'green' : 'red', line)}`)
}

/** The lines that describe the steps that the developer must take. */
export function describeManual(steps: ManualStep[]): string[] {
  return steps.flatMap(({ path, what, code }) => [
    `${styleText('yellow', '!')} ${path}: ${what}`,
    ...code.split('\n').filter(line => line.trim() !== '').map(line => `    ${line}`),
  ])
}
