/** The parts of `XMLHttpRequest` that an upload needs. */
import { request as send } from 'node:http'

/** The number of bytes between two progress events. */
const PIECE_BYTES = 2 ** 16

/**
 * The parts of `XMLHttpRequest` that an upload needs, with Node's own HTTP client. `fetch` cannot
 * report progress.
 */
export class NodeXhr {
  readonly upload: { onprogress: ((event: { loaded: number }) => void) | null } = { onprogress: null }
  onloadend: (() => void) | null = null
  status = 0
  responseText = ''
  readonly #controller = new AbortController()
  readonly #headers: Record<string, string> = {}
  #isOver = false
  #url = ''
  #method = ''

  open(method: string, url: string): void {
    this.#method = method
    this.#url = url
  }

  setRequestHeader(name: string, value: string): void {
    this.#headers[name] = value
  }

  getAllResponseHeaders(): string {
    return ''
  }

  abort(): void {
    this.#controller.abort()
  }

  send(body: Blob): void {
    const request = send(this.#url, {
      method: this.#method,
      headers: { ...this.#headers, 'content-length': body.size },
      signal: this.#controller.signal,
    }, async (response) => {
      response.setEncoding('utf8')
      try {
        for await (const text of response)
          this.responseText += text
        this.status = response.statusCode!
      }
      catch {
        // An incomplete answer counts as no answer.
        this.responseText = ''
      }
      this.#end()
    })
    request.on('error', () => this.#end())
    void this.#write(request, body)
  }

  async #write(request: ReturnType<typeof send>, body: Blob): Promise<void> {
    for (let loaded = 0; loaded < body.size && !this.#isOver;) {
      const piece = new Uint8Array(await body.slice(loaded, loaded + PIECE_BYTES).arrayBuffer())
      await new Promise(resolve => request.write(piece, resolve))
      loaded += piece.length
      if (!this.#isOver)
        this.upload.onprogress?.({ loaded })
    }
    request.end()
  }

  #end(): void {
    this.#isOver = true
    this.onloadend?.()
  }
}
