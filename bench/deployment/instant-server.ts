/** A server of the sync protocol without functions or data, to measure clients alone. */
import type { WebSocket } from 'ws'
import { once } from 'node:events'
import { WebSocketServer } from 'ws'
import { encodeTimestamp } from '../../src/testing/sync/protocol.ts'

interface Version {
  querySet: number
  identity: number
  ts: bigint
}

/** The state of one client. */
interface Session {
  socket: WebSocket
  version: Version
  /** The id of the query of each counter. */
  queries: Map<string, number>
}

export interface InstantServer {
  url: string
  close: () => void
}

/** Each query is a counter, whose name is in its arguments. A mutation increments one counter. */
export async function startInstantServer(): Promise<InstantServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const sessions = new Set<Session>()
  const counters = new Map<string, number>()
  let ts = 1n
  server.on('connection', (socket) => {
    const session: Session = { socket, version: { querySet: 0, identity: 0, ts: 0n }, queries: new Map() }
    sessions.add(session)
    socket.on('close', () => sessions.delete(session))
    socket.on('message', data => receive(session, JSON.parse(String(data))))
  })
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    close: () => server.close(),
  }

  function receive(session: Session, message: any): void {
    if (message.type === 'ModifyQuerySet') {
      const updates = message.modifications.map(({ queryId, args: [{ name }] }: any) => {
        session.queries.set(name, queryId)
        return update(queryId, counters.get(name) ?? 0)
      })
      transition(session, updates, message.newVersion)
    }
    else if (message.type === 'Mutation') {
      const [{ name }] = message.args
      const value = (counters.get(name) ?? 0) + 1
      counters.set(name, value)
      ts += 1n
      const response = { type: 'MutationResponse', requestId: message.requestId, success: true, result: value, logLines: [] }
      session.socket.send(JSON.stringify({ ...response, ts: encodeTimestamp(ts) }))
      transition(session, [])
      for (const other of sessions) {
        const queryId = other.queries.get(name)
        if (queryId !== undefined)
          transition(other, [update(queryId, value)])
      }
    }
  }

  function transition({ socket, version }: Session, modifications: object[], querySet = version.querySet): void {
    const startVersion = encode(version)
    Object.assign(version, { querySet, ts })
    socket.send(JSON.stringify({ type: 'Transition', startVersion, endVersion: encode(version), modifications }))
  }
}

function update(queryId: number, value: number): object {
  return { type: 'QueryUpdated', queryId, value, logLines: [], journal: null }
}

function encode(version: Version): object {
  return { ...version, ts: encodeTimestamp(version.ts) }
}
