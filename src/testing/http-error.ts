/** The error answers of a deployment, in the format of Convex's HTTP API. */

/** Refuses a request with a status, a code and a sentence. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }

  toResponse(): Response {
    return Response.json({ code: this.code, message: this.message }, { status: this.status })
  }
}
