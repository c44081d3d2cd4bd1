import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Snapshot } from '../../src/testing/runtime/data.ts'
import type { SyncHost } from '../../src/testing/sync/sync-connection.ts'
import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { QueryResult } from '../../src/testing/runtime/query-result.ts'
import { SyncConnection } from '../../src/testing/sync/sync-connection.ts'

/** The socket of a client, and a deployment whose queries a test answers. */
function connect(): {
  modify: (version: number) => void
  transitions: () => { startVersion: { querySet: number }, endVersion: { querySet: number } }[]
  answer: () => Promise<void>
} {
  const sent: string[] = []
  let waiting: (() => void)[] = []
  const socket = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 0,
    send: (text: string) => sent.push(text),
    ping: () => {},
    close: () => {},
    terminate: () => {},
  })
  const runtime = {
    timestamp: 1n,
    atSnapshot: (body: (snapshot: Snapshot) => Promise<unknown>) => body({ ts: 1n } as Snapshot),
    readQuery: async () => {
      await new Promise<void>(resolve => waiting.push(resolve))
      const outcome = { status: 'success' as const, json: 'null', logLines: [] }
      return new QueryResult({ outcome, journal: null, ts: 1n, readsIdentity: false, readsTime: false })
    },
  }
  const transport = { cork: () => {}, uncork: () => {} } as unknown as Duplex
  const host = { runtime, transport, metadata: { ip: null, userAgent: null }, log: () => {}, onChange: () => {} }
  void new SyncConnection(1, socket as unknown as WebSocket, host as unknown as SyncHost)
  onTestFinished(() => void socket.emit('close', 1000, ''))
  return {
    modify: version => socket.emit('message', JSON.stringify({
      type: 'ModifyQuerySet',
      baseVersion: version,
      newVersion: version + 1,
      modifications: [{ type: 'Add', queryId: version, udfPath: 'notes:list', args: [{ version }] }],
    }), false),
    transitions: () => sent.map(text => JSON.parse(text)).filter(({ type }) => type === 'Transition'),
    answer: async () => {
      await setImmediate()
      waiting.forEach(resolve => resolve())
      waiting = []
      await setImmediate()
    },
  }
}

describe('the transitions of a connection', () => {
  it('are one that runs and at most one that is due', async () => {
    const client = connect()
    client.modify(0)
    await setImmediate()
    for (let version = 1; version <= 20; version++)
      client.modify(version)
    await client.answer()
    await client.answer()
    const versions = client.transitions().map(({ startVersion, endVersion }) => [startVersion.querySet, endVersion.querySet])
    expect(versions).toEqual([[0, 1], [1, 21]])
  })
})
