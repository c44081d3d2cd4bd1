/** Reads the bodies of requests. */
import type { IncomingMessage } from 'node:http'
import { Buffer } from 'node:buffer'
import { HttpError } from '../http-error.ts'
import { parseNestedJson } from '../nested-json.ts'

/** The beginning of Convex's error message for a body with the wrong fields. */
export const NOT_DESERIALIZED = 'Failed to deserialize the JSON body into the target type'

/** Larger bodies are refused. */
export const MAX_BODY_BYTES = 20 * 2 ** 20

/** `application/json`, or a type that is based on JSON, such as `application/problem+json`. */
const JSON_TYPE = /^application\/(?:[^\s;]+\+)?json\s*(?:;|$)/i

export async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  let size = 0
  // A body that is too large is read to its end without being kept, since a client that is still
  // sending does not read the answer.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY_BYTES)
      chunks.push(chunk)
  }
  if (size > MAX_BODY_BYTES)
    throw new HttpError(413, 'RequestTooLarge', `The request body is larger than ${MAX_BODY_BYTES} bytes.`)
  return Buffer.concat(chunks)
}

/** Reads a body of JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = (await readBody(request)).toString()
  if (!JSON_TYPE.test(request.headers['content-type'] ?? ''))
    throw new HttpError(400, 'BadJsonBody', 'Expected request with `Content-Type: application/json`')
  return parseJson(text, 'BadJsonBody', 'the request body')
}

/** Reads a body of JSON that must be an object. */
export async function readObject(request: IncomingMessage): Promise<Record<string, unknown>> {
  const body = await readJson(request)
  if (typeof body !== 'object' || body === null)
    throw new HttpError(400, 'BadJsonBody', `${NOT_DESERIALIZED}: expected an object`)
  return body as Record<string, unknown>
}

/** Decodes a part of the path of a request. */
export function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  }
  catch {
    throw new HttpError(400, 'InvalidPath', `The path contains a malformed escape sequence: ${part}`)
  }
}

/** Parses a part of a request: its body, or one of its parameters. */
export function parseJson(text: string, code: string, part: string): unknown {
  try {
    return parseNestedJson(text)
  }
  catch (error) {
    throw new HttpError(400, code, `Failed to parse ${part} as JSON: ${(error as Error).message}`)
  }
}
