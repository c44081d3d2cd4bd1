/** The error answers of a deployment, in the format of Convex's HTTP API. */

/**
 * Refuses a request. The response has this status, and its body contains the code and the message.
 */
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
