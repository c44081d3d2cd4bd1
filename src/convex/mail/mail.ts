/** A mail, and the lines of the console that contain it for the mailbox of a development tool. */

/** A mail that an app sends. */
export interface Mail {
  /** The address of the recipient. */
  to: string
  subject: string
  /** The text, for clients that show no HTML. */
  text?: string
  html?: string
}

/** Convex truncates lines of more than 32,768 characters. */
const LONGEST_PART = 30_000

/** `id`, the number of this part from 1, the number of parts, and the part. */
const LINE = /'convue:mail ([a-z\d]+) (\d+)\/(\d+) ([^' ]+)'/

/** Writes a mail as lines without quotes and line breaks, which the console would escape. */
export function writeMailLines(mail: Mail, id: string): string[] {
  const text = encodeURIComponent(JSON.stringify(mail)).replaceAll('\'', '%27')
  const count = Math.ceil(text.length / LONGEST_PART)
  return Array.from({ length: count }, (_, index) => {
    const part = text.slice(index * LONGEST_PART, (index + 1) * LONGEST_PART)
    return `convue:mail ${id} ${index + 1}/${count} ${part}`
  })
}

/** Collects the lines of one function, and returns its complete mails. */
export function readMailLines(lines: readonly string[]): { id: string, mail: Mail }[] {
  const parts = new Map<string, string[]>()
  const mails: { id: string, mail: Mail }[] = []
  for (const [, id = '', number, count, part = ''] of lines.map(line => LINE.exec(line) ?? [])) {
    const known = parts.get(id) ?? []
    known[Number(number) - 1] = part
    parts.set(id, known)
    if (id && Number(number) === Number(count))
      mails.push({ id, mail: JSON.parse(decodeURIComponent(known.join(''))) as Mail })
  }
  return mails
}
