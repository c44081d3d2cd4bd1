/** The changes that `init` plans for an app, before it writes any file. */
import type { App, AuthKind } from './app.ts'
import { findFile, readText } from './app.ts'
import { readTemplate } from './templates.ts'

/** A file that is created or changed. */
export interface Change {
  /** The path from the root of the app. */
  path: string
  /** `null` for a new file. */
  before: string | null
  after: string
  /** `true` if the content must not be printed. */
  isSecret: boolean
}

/** A step that the developer must take, because a file cannot be edited safely. */
export interface ManualStep {
  path: string
  /** The place for the lines, or an instruction, as a sentence. */
  what: string
  /** The lines to add. */
  code: string
}

export interface Plan {
  app: App
  auth: AuthKind
  changes: Change[]
  manual: ManualStep[]
  /** The path of the page with the tasks. */
  page: string
}

/** A template, and the file of the app that is created from it. */
interface TemplateFile {
  template: string
  path: string
  /** Matches the file if `init` or the developer has already written it. */
  mark: RegExp
}

/** The edit of an existing file. */
interface FileEdit {
  path: string
  /** Returns the same text if there is nothing to do, and `null` if the file cannot be edited. */
  edit: (text: string) => string | null
  /** The step that the developer must take in that case. */
  manual: Omit<ManualStep, 'path'>
}

/** Collects the changes of an app. Existing files are kept unless they can be edited. */
export class PlanBuilder {
  readonly changes: Change[] = []
  readonly manual: ManualStep[] = []

  readonly app: App
  readonly #overwrites: boolean

  constructor(app: App, overwrites: boolean) {
    this.app = app
    this.#overwrites = overwrites
  }

  /** Adds a file from a template, unless the app has it. */
  add({ template, path: wanted, mark }: TemplateFile): void {
    const { root, language, functions } = this.app
    const path = language === 'js' ? wanted.replace(/\.ts$/, '.js') : wanted
    const existing = findFile(root, [path, wanted, wanted.replace(/\.ts$/, '.js')])
    const before = existing === undefined ? null : readText(root, existing)!
    if (before !== null && mark.test(before))
      return
    if (existing !== undefined && !this.#overwrites) {
      this.manual.push({
        path: existing,
        what: 'exists and is kept, although Convue needs another content. '
          + 'Rename the file, or replace it with --overwrite.',
        code: '',
      })
      return
    }
    this.#change(existing ?? path, before, readTemplate(template, path, { language, functions }))
  }

  /** Adds an edit of a file that exists. */
  edit({ path, edit, manual }: FileEdit): void {
    const before = readText(this.app.root, path)
    const after = before === null ? null : edit(before)
    if (before === null || after === null)
      this.manual.push({ path, ...manual })
    else if (after !== before)
      this.#change(path, before, after)
  }

  /** Adds an edit of a file that is created if it does not exist. */
  write(path: string, edit: (text: string) => string, { isSecret = false } = {}): void {
    const before = readText(this.app.root, path)
    const after = edit(before ?? '')
    if (after !== (before ?? ''))
      this.#change(path, before, after, isSecret)
  }

  #change(path: string, before: string | null, after: string, isSecret = false): void {
    this.changes.push({ path, before, after, isSecret })
  }
}
