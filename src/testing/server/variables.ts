/** The environment variables of a deployment. Changes are kept with the data. */
import type { DataFolder } from '../data-folder.ts'
import type { VariableChange } from './admin-api.ts'
import { HttpError } from '../http-error.ts'

const FILE = 'environment.json'
const NAME = /^[A-Z]\w{0,39}$/i

export class Variables {
  #initial: Record<string, string>
  readonly #folder: DataFolder
  /**
   * The changes to the initial variables, including those of previous processes; `null` removes a
   * variable.
   */
  #changes: Record<string, string | null>

  constructor(initial: Record<string, string>, folder: DataFolder) {
    this.#initial = initial
    this.#folder = folder
    this.#changes = JSON.parse(folder.read(FILE) ?? '{}') as Record<string, string | null>
    this.#keep(this.#changes)
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

  /** Returns the variables as they would be after {@link Variables.replaceInitial}. */
  previewInitial(initial: Record<string, string>): Record<string, string> {
    return apply(initial, this.#changes)
  }

  /** Replaces the variables with which the deployment has started. Changes that differ remain. */
  replaceInitial(initial: Record<string, string>): void {
    this.#initial = initial
    this.#keep(this.#changes)
  }

  save(changes: VariableChange[]): void {
    this.#keep({ ...this.#changes, ...toRecord(changes) })
  }

  /**
   * Keeps the changes that differ from the initial variables. The others would hide what a user
   * writes into the file of the initial variables afterwards.
   */
  #keep(changes: Record<string, string | null>): void {
    const previous = JSON.stringify(this.#changes)
    const differing = Object.entries(changes).filter(([name, value]) => (this.#initial[name] ?? null) !== value)
    this.#changes = Object.fromEntries(differing)
    const text = JSON.stringify(this.#changes)
    if (text !== previous)
      this.#folder.write(FILE, text)
  }
}

function toRecord(changes: VariableChange[]): Record<string, string | null> {
  return Object.fromEntries(changes.map(({ name, value }) => [name, value]))
}

function apply(variables: Record<string, string>, changes: Record<string, string | null>): Record<string, string> {
  const entries = Object.entries({ ...variables, ...changes })
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null))
}
