/** Opens the real sockets of a worker. */
import type { OpenSocket, Socket, SocketEvents } from '../hub/upstream.ts'

/**
 * The longest time without a message, in milliseconds. The deployment sends a message every 15 s.
 * This time is shorter than the 60 s after which each client would reconnect by itself, so all
 * clients receive the end of the connection together.
 */
const SILENCE_MS = 50_000

/** Code of a socket that was closed without a close frame. */
const ABNORMAL = 1006

/** Returns a function that opens sockets of a class, and closes them after a long silence. */
export function socketOpener(SocketClass: typeof WebSocket): OpenSocket {
  return (url, events) => openSocket(new SocketClass(url), events)
}

function openSocket(socket: WebSocket, { onOpen, onMessage, onClose }: SocketEvents): Socket {
  let timer: ReturnType<typeof setTimeout>
  expectMessage()
  socket.onopen = () => {
    expectMessage()
    onOpen()
  }
  socket.onmessage = ({ data }) => {
    expectMessage()
    onMessage(data)
  }
  socket.onclose = ({ code, reason }) => end(code, reason)
  return { send: text => socket.send(text), close }

  function expectMessage(): void {
    clearTimeout(timer)
    timer = setTimeout(end, SILENCE_MS, ABNORMAL, 'InactiveServer')
  }

  function end(code: number, reason: string): void {
    close()
    onClose(code, reason)
  }

  function close(): void {
    clearTimeout(timer)
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }
}
