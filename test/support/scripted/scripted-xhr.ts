import { vi } from 'vitest'

/** A request that the page has sent and that the test completes. */
export interface SentFile {
  url: string
  body: File
  headers: Record<string, string>
  isAborted: boolean
  /** Whether the request has ended: with a response, a failure or an abort. */
  isOver: boolean
  /** Fires a progress event, even after the end. */
  progress: (loaded: number) => void
  answer: (status: number, body: string, headers?: Record<string, string>) => void
  /** Ends the request with a failure of the network. */
  fail: () => void
}

/**
 * Replaces `XMLHttpRequest`. Each request waits until the test completes it, or until `answerAll`
 * does. `vi.unstubAllGlobals()` restores the original.
 */
export function stubXhr(): { sent: SentFile[], answerAll: ((request: SentFile) => void) | null } {
  const network: ReturnType<typeof stubXhr> = { sent: [], answerAll: null }

  vi.stubGlobal('XMLHttpRequest', class {
    readonly upload: { onprogress: ((event: { loaded: number }) => void) | null } = { onprogress: null }
    onloadend: (() => void) | null = null
    status = 0
    responseText = ''
    #exposed: Record<string, string> = {}
    #url = ''
    #headers: Record<string, string> = {}
    #request: SentFile | null = null

    open(_method: string, url: string): void {
      this.#url = url
    }

    setRequestHeader(name: string, value: string): void {
      this.#headers[name.toLowerCase()] = value
    }

    getAllResponseHeaders(): string {
      return Object.entries(this.#exposed).map(([name, value]) => `${name}: ${value}\r\n`).join('')
    }

    send(body: File): void {
      const request: SentFile = {
        url: this.#url,
        body,
        headers: this.#headers,
        isAborted: false,
        isOver: false,
        progress: loaded => this.upload.onprogress?.({ loaded }),
        answer: (status, body, headers = {}) => this.#end(() => {
          this.status = status
          this.responseText = body
          this.#exposed = headers
        }),
        fail: () => this.#end(() => {}),
      }
      this.#request = request
      network.sent.push(request)
      network.answerAll?.(request)
    }

    abort(): void {
      this.#end(() => this.#request!.isAborted = true)
    }

    #end(how: () => void): void {
      if (!this.#request || this.#request.isOver)
        return
      this.#request.isOver = true
      how()
      this.onloadend?.()
    }
  })
  return network
}
