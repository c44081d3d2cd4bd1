/** The environment variables of a deployment. Changes are kept with the data. */
import type { VariableChange } from './admin-api.ts'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HttpError } from '../http-error.ts'

const FILE = 'environment.json'
const NAME = /^[A-Z]\w{0,39}$/i

export class Variables {
  readonly #initial: Record<string, string>
  readonly #folder: string | null
  /**
   * The changes of the initial variables, also those of previous processes; `null` removes a
   * variable.
   */
  #changes: Record<string, string | null>

  /** `folder` contains the data. It is `null` if the data is in memory. */
  constructor(initial: Record<string, string>, folder: string | null) {
    this.#initial = initial
    this.#folder = folder
    this.#changes = readChanges(folder)
  }

  get all(): Record<string, string> {
    return apply(this.#initial, this.#changes)
  }

  /** Returns the variables as they would be after the changes. */
  preview(changes: VariableChange[]): Record<string, string> {
    const invalid = changes.find(({ name }) => !NAME.test(name))
    if (invalid) {
      throw new HttpError(400, 'EnvVarNameInvalid', `Environment variable name "${invalid.name}" is invalid: `
        + 'it must start with a letter, contain only letters, numbers and underscores, '
        + 'and be at most 40 characters long.')
    }
    return apply(this.all, toRecord(changes))
  }

  save(changes: VariableChange[]): void {
    this.#changes = { ...this.#changes, ...toRecord(changes) }
    if (this.#folder === null)
      return
    mkdirSync(this.#folder, { recursive: true })
    writeFileSync(join(this.#folder, FILE), JSON.stringify(this.#changes), { mode: 0o600 })
  }
}

function readChanges(folder: string | null): Record<string, string | null> {
  if (folder === null || !existsSync(join(folder, FILE)))
    return {}
  return JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Record<string, string | null>
}

function toRecord(changes: VariableChange[]): Record<string, string | null> {
  return Object.fromEntries(changes.map(({ name, value }) => [name, value]))
}

function apply(variables: Record<string, string>, changes: Record<string, string | null>): Record<string, string> {
  const entries = Object.entries({ ...variables, ...changes })
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null))
}
