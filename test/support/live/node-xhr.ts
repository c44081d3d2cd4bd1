import { request as send } from 'node:http'

/** How much is sent between two progress events. */
const PIECE_BYTES = 2 ** 16

/** As much of `XMLHttpRequest` as an upload needs, over Node's own HTTP: with the progress of the body, which `fetch` does not tell. */
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
        // Half an answer is none.
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
