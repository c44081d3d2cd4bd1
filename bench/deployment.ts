import type { RawData } from 'ws'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { ConvexClient } from 'convex/browser'
import { WebSocket, WebSocketServer } from 'ws'
import { startDeployment } from '../src/testing/index.ts'
import { api } from '../test/support/convex/_generated/api.js'
import { tokenEnv } from '../test/support/live/tokens.ts'

/**
 * How fast the embedded deployment is: `node bench/deployment.ts`. It fails if a start takes longer than 1.5 s, or a mutation longer
 * than 10 ms to reach its one subscriber among a thousand (medians, on two cores).
 */
const SUBSCRIPTIONS = 1_000
const ROUNDS = 200
const STARTS = 5
const LIMITS = { start: 1_500, update: 10 }

const functions = fileURLToPath(new URL('../test/support/convex', import.meta.url))

interface Sample {
  name: string
  times: number[]
}

const starts = await measureStarts()
const floor = await measureEcho()
const alone = await measureUpdates(1, 1)
const oneClient = await measureUpdates(1, SUBSCRIPTIONS)
const manyClients = await measureUpdates(100, SUBSCRIPTIONS / 100)
const crowd = await measureUpdates(500, 2)

console.table(Object.fromEntries([starts, floor, alone, ...oneClient, ...manyClients, ...crowd].flat().map(({ name, times }) => [name, {
  'median ms': round(quantile(times, 0.5)),
  'p95 ms': round(quantile(times, 0.95)),
  'times the floor': name.startsWith('mutation') ? round(quantile(times, 0.5) / quantile(floor.times, 0.5)) : '',
}])))

const updates = [...oneClient, ...manyClients, ...crowd].filter(({ name }) => name.startsWith('mutation'))
if (quantile(starts.times, 0.5) > LIMITS.start || updates.some(({ times }) => quantile(times, 0.5) > LIMITS.update)) {
  console.error('Too slow.')
  process.exitCode = 1
}

async function measureStarts(): Promise<Sample> {
  const times: number[] = []
  for (let index = 0; index < STARTS; index++) {
    const begin = performance.now()
    const deployment = await startDeployment({ functions, env: tokenEnv })
    times.push(performance.now() - begin)
    await deployment.close()
  }
  return { name: 'start', times }
}

/** The floor: a message to a plain WebSocket server in this process, and back. */
async function measureEcho(): Promise<Sample> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', socket => socket.on('message', (data: RawData) => socket.send(data)))
  await once(server, 'listening')
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`)
  await once(socket, 'open')
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now()
    socket.send('x'.repeat(200))
    await once(socket, 'message')
    times.push(performance.now() - begin)
  }
  socket.close()
  server.close()
  return { name: 'floor: raw WebSocket echo', times }
}

/** One client runs a mutation, and another client with its share of the subscriptions receives the result. */
async function measureUpdates(clientCount: number, subscriptionsEach: number): Promise<Sample[]> {
  const deployment = await startDeployment({ functions, env: tokenEnv })
  const options = { unsavedChangesWarning: false }
  const writer = new ConvexClient(deployment.url, options)
  const readers = Array.from({ length: clientCount }, () => new ConvexClient(deployment.url, options))
  const listeners = new Map<string, (value: number) => void>()
  const total = clientCount * subscriptionsEach

  const begin = performance.now()
  await Promise.all(readers.flatMap((reader, client) => Array.from({ length: subscriptionsEach }, (_, index) => new Promise<void>((resolve) => {
    const name = `${client}/${index}`
    listeners.set(name, () => resolve())
    reader.onUpdate(api.counters.get, { name }, value => listeners.get(name)!(value))
  }))))
  const subscribed = performance.now() - begin

  const names = [...listeners.keys()]
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const name = names[round * 7 % names.length]!
    const told = new Promise(resolve => listeners.set(name, resolve))
    const begin = performance.now()
    const answered = writer.mutation(api.counters.increment, { name })
    await told
    times.push(performance.now() - begin)
    await answered
  }
  await Promise.all([writer, ...readers].map(client => client.close()))
  await deployment.close()
  const label = `${total} subscription${total === 1 ? '' : 's'} of ${clientCount} client${clientCount === 1 ? '' : 's'}`
  return [{ name: `first results of ${label}`, times: [subscribed] }, { name: `mutation to its subscriber, ${label}`, times }]
}

function quantile(times: number[], q: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * q)]!
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
