import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { KeepAlive } from '../../src/testing/sync/keep-alive.ts'

/** Serves sockets that a `KeepAlive` pings every five seconds. */
async function serve(): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => {
    server.clients.forEach(socket => socket.terminate())
    server.close()
  })
  server.on('connection', (socket) => {
    const keepAlive = new KeepAlive(socket, () => {})
    socket.on('close', () => keepAlive.stop())
  })
  await once(server, 'listening')
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('KeepAlive', () => {
  it('drops a socket that has answered no ping for two minutes, and keeps one that answers', { timeout: 60_000 }, async () => {
    const url = await serve()
    const [lost, answering] = [false, true].map(autoPong => new WebSocket(url, { autoPong }))
    await Promise.all([once(lost!, 'ping'), once(answering!, 'ping')])
    const now = performance.now.bind(performance)
    const clock = vi.spyOn(performance, 'now')
    onTestFinished(() => clock.mockRestore())
    clock.mockImplementation(() => now() + 100_000)
    await Promise.all([once(lost!, 'ping'), once(answering!, 'ping')])
    clock.mockImplementation(() => now() + 200_000)
    await Promise.all([once(lost!, 'close'), once(answering!, 'ping')])
    expect(answering!.readyState).toBe(WebSocket.OPEN)
  })
})
