/** Sends the requests of `convue doctor`. A failed request returns a text and does not throw. */

/** The answer of a server, or why it did not answer. */
export interface Answer {
  /** `null` if no server answered. */
  response: Response | null
  text: string
  /** A short description of the answer, for the sentences of the report. */
  summary: string
}

const TIMEOUT_MS = 30_000
const LONGEST_SUMMARY = 160

/** The error codes if the server has closed an open connection just when the request was sent. */
const CLOSED_CONNECTION = ['ECONNRESET', 'UND_ERR_SOCKET']

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await askOnce(url, init)
  const wasClosed = answer.response === null && CLOSED_CONNECTION.includes(answer.summary)
  return wasClosed && init.method !== 'POST' ? await askOnce(url, init) : answer
}

async function askOnce(url: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS), ...init })
    const text = await response.text()
    return { response, text, summary: summarize(response, text) }
  }
  catch (error) {
    return { response: null, text: '', summary: explain(error) }
  }
}

/** The JSON object of an answer; `null` if the answer is not JSON. */
export function jsonOf({ text }: Answer): Record<string, any> | null {
  try {
    return JSON.parse(text)
  }
  catch {
    return null
  }
}

function summarize({ status, headers }: Response, text: string): string {
  const type = headers.get('content-type')?.split(';')[0] ?? 'no content type'
  if (type === 'text/html')
    return `status ${status} with an HTML page`
  const content = text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_SUMMARY)
  return content === '' ? `status ${status}` : `status ${status}, ${content}`
}

function explain(error: unknown): string {
  const { message, cause } = error as Error
  if (cause instanceof Error)
    return (cause as NodeJS.ErrnoException).code ?? cause.message
  return message
}
