/** Writes the list of error codes of `docs/reference/errors.md` from the error catalogue. */
import type { ErrorDefinition, ErrorScope } from '../../../src/errors/error-definition.ts'
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { homepage } from '../../../docs/site/addresses.ts'
import { convexErrors } from '../../../src/errors/convex-errors.ts'
import { devErrors } from '../../../src/errors/dev-errors.ts'
import { identityErrors } from '../../../src/errors/identity-errors.ts'
import { mockErrors } from '../../../src/errors/mock-errors.ts'
import { nuxtErrors } from '../../../src/errors/nuxt-errors.ts'
import { outboxErrors } from '../../../src/errors/outbox-errors.ts'
import { persistErrors } from '../../../src/errors/persist-errors.ts'
import { serverErrors } from '../../../src/errors/server-errors.ts'
import { tabsErrors } from '../../../src/errors/tabs-errors.ts'
import { testingErrors } from '../../../src/errors/testing-errors.ts'
import { uploadErrors } from '../../../src/errors/upload-errors.ts'
import { usageErrors } from '../../../src/errors/usage-errors.ts'
import { versionErrors } from '../../../src/errors/version-errors.ts'

const DOCS = join(import.meta.dirname, '../../../docs')

/** The source file with the address of the pages about errors. */
export const ADDRESS_FILE = join(DOCS, '../src/errors/docs-address.ts')

export const ERROR_PAGE = join(DOCS, 'reference/errors.md')

/** The rest of the page is written by hand. */
const MARKER = '<!-- Generated from src/errors by "npm run docs:errors": edit the catalogue, not what follows. -->'

interface Section {
  title: string
  /** A note that applies to all codes of the section. */
  note?: string
  errors: Record<string, ErrorDefinition>
}

const sections: Section[] = [
  { title: 'Set-up and use', errors: usageErrors },
  { title: 'Uploads', errors: uploadErrors },
  {
    title: 'Sessions, tokens and calls',
    note: '`error` of [`useConvexAuth`](auth.md) contains these errors, with three exceptions: `signOut()` rejects with '
      + '`SIGN_OUT_FAILED`, and calls reject with `IDENTITY_CHANGED` and `CONNECTION_LOST`.',
    errors: identityErrors,
  },
  { title: 'Offline mutations', errors: outboxErrors },
  {
    title: '`convue/server`',
    note: '`convue/server` also raises some codes of the previous sections; their entries say so. Production builds contain '
      + 'the messages of these errors, since only developers read the log of a server. The messages never quote '
      + 'a response of Better Auth or of the deployment.',
    errors: serverErrors,
  },
  { title: '`convue/persist`', errors: persistErrors },
  { title: '`convue/nuxt`', errors: nuxtErrors },
  { title: '`convue/testing`', errors: testingErrors },
  { title: '`convue/testing/mock`', errors: mockErrors },
  { title: '`convue/tabs`', errors: tabsErrors },
  { title: '`convue/vite`, `nuxt dev` and `npx convue`', errors: devErrors },
  { title: '`convue/convex`', errors: convexErrors },
  { title: 'Installed versions', errors: versionErrors },
]

const ENTRY_POINTS: Record<ErrorScope, string> = {
  client: '`convue`',
  persist: '`convue/persist`',
  server: '`convue/server`',
  nuxt: '`convue/nuxt`',
  testing: '`convue/testing`',
  mock: '`convue/testing/mock`',
  tabs: '`convue/tabs`',
  convex: '`convue/convex`',
  dev: '`convue/vite`, `nuxt dev`, `npx convue`',
}

/** Every code of the catalogue, in the order of the page. */
export const errorCodes: string[] = sections.flatMap(({ errors }) => Object.keys(errors))

/** Returns the source file with the address of the pages about errors. */
export function writeAddressFile(): string {
  return '/** The address of the pages about errors, which `npm run docs:errors` copies from package.json. */\n'
    + `export const ERROR_PAGES = '${new URL('errors/', homepage).href}'\n`
}

/** Every code with its text, for the page of each code on the site. */
export function errorEntries(): { code: string, section: string, why: string, paragraphs: string[] }[] {
  return sections.flatMap(({ title, errors }) => Object.entries(errors).map(([code, definition]) => ({
    code,
    section: title,
    why: staticText(code, definition.reference, definition.why),
    paragraphs: writeParagraphs(code, definition),
  })))
}

/** Returns the page with an updated list of codes. */
export function writeErrorPage(page: string): string {
  const [before] = page.split(MARKER)
  return `${[`${before!.trimEnd()}\n\n${MARKER}`, ...sections.map(writeSection)].join('\n\n')}\n`
}

function writeSection({ title, note, errors }: Section): string {
  const entries = Object.entries(errors).map(([code, definition]) => writeEntry(code, definition))
  return [`### ${title}`, ...note ? [note] : [], ...entries].join('\n\n')
}

function writeEntry(code: string, definition: ErrorDefinition): string {
  return [`#### \`${code}\``, ...writeParagraphs(code, definition)].join('\n\n')
}

/** The text below the code: who raises the error, why, and what to do. */
function writeParagraphs(code: string, { scopes, why, fix, reference, referenceFix, docs }: ErrorDefinition): string[] {
  const advice = [staticText(code, referenceFix, fix), ...docs ? [`See ${linkTo(docs)}.`] : []].join(' ')
  return [
    ...scopes.length > 1 ? [`Raised by ${scopes.map(scope => ENTRY_POINTS[scope]).join(', ')}.`] : [],
    staticText(code, reference, why),
    `**Fix:** ${advice}`,
  ]
}

/**
 * The text to show in the reference. A text that depends on params must have a `reference` without
 * them.
 */
function staticText(code: string, reference: string | undefined, text: ErrorDefinition['why']): string {
  if (reference)
    return reference
  if (typeof text === 'string')
    return text
  throw new Error(`${code} needs \`reference\` or \`referenceFix\`, since its text depends on params.`)
}

/** A link to a page, or to a section of it, with the text of the heading there. */
function linkTo(target: string): string {
  const [path, anchor] = target.split('#') as [string, string?]
  const headings = [...readFileSync(join(DOCS, path), 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!)
  const heading = headings.find(heading => !anchor || anchorOf(heading) === anchor)
  if (!heading)
    throw new Error(`docs/${path} has no heading for #${anchor}.`)
  const file = join(DOCS, path)
  const fromPage = file === ERROR_PAGE ? '' : relative(dirname(ERROR_PAGE), file)
  return `[${heading}](${fromPage}${anchor ? `#${anchor}` : ''})`
}

/** The anchor that GitHub generates for a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')
}
