/** The page of each error code on the site: the entry of the reference, as a page of its own. */
import { errorEntries } from './error-reference.ts'

export interface ErrorPage { code: string, why: string, text: string }

/** The links of the pages are relative to `docs/reference/errors.md`. */
export function errorPages(): ErrorPage[] {
  return errorEntries().map(({ code, section, paragraphs, why }) => ({
    code,
    why,
    text: [
      `# \`${code}\``,
      ...paragraphs,
      `This error belongs to the part *${section}* of the list of [all errors](errors.md). A code never changes, so compare the code and not the message.`,
    ].join('\n\n').concat('\n'),
  }))
}
