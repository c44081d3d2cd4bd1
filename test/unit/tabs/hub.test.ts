import type { NumberedCall } from '../../../src/tabs/hub/call-numbers.ts'
import type { SocketEvents } from '../../../src/tabs/hub/upstream.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { DeploymentHubs } from '../../../src/tabs/hub/deployment-hubs.ts'
import { Link } from '../../../src/tabs/hub/link.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'

/** The deployment's end of a connection. */
class Wire {
  readonly sent: any[] = []
  readonly events: SocketEvents
  isClosed = false
  #version = { querySet: 0, identity: 0, ts: 0 }

  constructor(events: SocketEvents) {
    this.events = events
  }

  post(message: object): void {
    this.events.onMessage(JSON.stringify(message))
  }

  /** Sends a transition that reaches all versions that have been requested. */
  answer(ts: number, results: Record<number, unknown> = {}, split?: (text: string) => string[]): void {
    const querySet = this.sent.filter(({ type }) => type === 'ModifyQuerySet').length
    const identity = this.sent.filter(({ type }) => type === 'Authenticate').length
    const transition = {
      type: 'Transition',
      startVersion: { ...this.#version, ts: encode(this.#version.ts) },
      endVersion: { querySet, identity, ts: encode(ts) },
      modifications: Object.entries(results).map(([id, value]) => updated(Number(id), value)),
    }
    this.#version = { querySet, identity, ts }
    const text = JSON.stringify(transition)
    const parts = split?.(text)
    if (!parts)
      return this.post(transition)
    parts.forEach((chunk, partNumber) =>
      this.post({ type: 'TransitionChunk', chunk, partNumber, totalParts: parts.length, transitionId: 'one' }))
  }
}

/** A client of a tab. */
class Client {
  readonly received: any[] = []
  readonly numbered: NumberedCall[] = []
  /** The calls that the client does not repeat any more. */
  readonly settled: number[] = []
  readonly link: Link
  status: 'connecting' | 'open' | 'unshared' | [code: number, reason: string] = 'connecting'
  readonly #hubs: DeploymentHubs
  #querySet = 0

  constructor(hubs: DeploymentHubs, sessionId: string) {
    this.#hubs = hubs
    this.link = new Link({
      opened: () => this.status = 'open',
      message: (text, settled) => {
        this.received.push(JSON.parse(text))
        this.settled.push(...settled.map(({ requestId }) => requestId))
      },
      closed: (code, reason) => this.status = [code, reason],
      unshared: () => this.status = 'unshared',
      numbered: call => this.numbered.push(call),
    }, 0)
    hubs.open(this.link)
    this.connect = (...frames) => this.send({ type: 'Connect', sessionId, connectionCount: 0, lastCloseReason: null }, ...frames)
  }

  readonly connect: (...frames: object[]) => void

  send(...frames: object[]): void {
    this.#hubs.receive(this.link, frames.map(frame => JSON.stringify(frame)))
  }

  modify(...modifications: object[]): object {
    return { type: 'ModifyQuerySet', baseVersion: this.#querySet, newVersion: ++this.#querySet, modifications }
  }

  take(): any[] {
    return this.received.splice(0)
  }
}

let wires: Wire[]
let hubs: DeploymentHubs
let now: number
let refusals: number

beforeEach(() => {
  wires = []
  now = 1_000_000
  refusals = 0
  hubs = new DeploymentHubs('wss://example.com/sync', {
    openSocket(_, events) {
      const wire = new Wire(events)
      wires.push(wire)
      return { send: text => wire.sent.push(JSON.parse(text)), close: () => wire.isClosed = true }
    },
    now: () => now,
    createId: () => 'session of the worker',
    onTokenRefused: () => refusals++,
  })
})

const add = (queryId: number, udfPath: string, more: object = {}): object => ({ type: 'Add', queryId, udfPath, args: [{}], ...more })
const remove = (queryId: number): object => ({ type: 'Remove', queryId })
const authenticate = (value: string, baseVersion = 0): object => ({ type: 'Authenticate', tokenType: 'User', value, baseVersion })

/** Opens a client, and its connection if it is the first. */
function open(sessionId = 'session'): Client {
  const client = new Client(hubs, sessionId)
  wires.at(-1)!.events.onOpen()
  return client
}

function updated(queryId: number, value: unknown): object {
  return { type: 'QueryUpdated', queryId, value, logLines: [], journal: null }
}

function encode(ts: number): string {
  return btoa(String.fromCharCode(...new Uint8Array(new BigUint64Array([BigInt(ts)]).buffer)))
}

const version = (querySet: number, identity: number, ts: number): object => ({ querySet, identity, ts: encode(ts) })

describe('DeploymentHubs', () => {
  describe('transitions', () => {
    it('lead each client from its own version to a version with results of one timestamp', () => {
      const one = open('one')
      one.connect(one.modify(add(7, 'a:get')))
      wires[0]!.answer(5, { 0: 'a' })
      const two = open('two')
      two.connect(two.modify(add(0, 'b:get'), add(1, 'a:get')))
      expect(two.take()).toEqual([])
      one.take()
      wires[0]!.answer(6, { 0: 'A', 1: 'b' })
      expect(one.take()).toEqual([expect.objectContaining({
        startVersion: version(1, 0, 5),
        endVersion: version(1, 0, 6),
        modifications: [updated(7, 'A')],
      })])
      expect(two.take()).toEqual([expect.objectContaining({
        startVersion: version(0, 0, 0),
        endVersion: version(1, 0, 6),
        modifications: [updated(0, 'b'), updated(1, 'A')],
      })])
    })

    it('contain no query of a client\'s change before the connection has reached the whole change', () => {
      const [one, two] = [open('one'), open('two')]
      one.connect(one.modify(add(0, 'a:get')))
      two.connect(two.modify(add(0, 'c:get')))
      wires[0]!.answer(5, { 0: 'a', 1: 'c' })
      one.take()
      one.send(one.modify(add(1, 'b:get'), add(2, 'c:get')))
      // A change of the data arrives before the result of the new query.
      wires[0]!.post({
        type: 'Transition',
        startVersion: version(2, 0, 5),
        endVersion: version(2, 0, 6),
        modifications: [updated(0, 'A'), updated(1, 'C')],
      })
      expect(one.take()).toEqual([expect.objectContaining({ endVersion: version(1, 0, 6), modifications: [updated(0, 'A')] })])
    })

    it('confirm a removal without a message to the deployment while another client uses the query', () => {
      const [one, two] = [open('one'), open('two')]
      one.connect(one.modify(add(0, 'a:get')))
      two.connect(two.modify(add(4, 'a:get')))
      wires[0]!.answer(5, { 0: 'a' })
      two.take()
      const count = wires[0]!.sent.length
      two.send(two.modify(remove(4)))
      expect(two.take()).toEqual([expect.objectContaining({
        endVersion: version(2, 0, 5),
        modifications: [{ type: 'QueryRemoved', queryId: 4 }],
      })])
      expect(wires[0]!.sent).toHaveLength(count)
    })

    it('reach a client as one message when they arrive in parts', () => {
      const one = open()
      one.connect(one.modify(add(0, 'a:get')))
      wires[0]!.answer(5, { 0: 'long' }, text => [text.slice(0, 20), text.slice(20, 50), text.slice(50)])
      expect(one.take()).toEqual([expect.objectContaining({ modifications: [updated(0, 'long')] })])
    })

    it.each([
      ['a part of it is missing', (wire: Wire) =>
        wire.post({ type: 'TransitionChunk', chunk: '}', partNumber: 1, totalParts: 2, transitionId: 'one' })],
      ['it does not begin at the current version', (wire: Wire) => wire.post({
        type: 'Transition',
        startVersion: version(9, 0, 5),
        endVersion: version(9, 0, 6),
        modifications: [],
      })],
      ['it contains an unknown change', (wire: Wire) => wire.post({
        type: 'Transition',
        startVersion: version(0, 0, 0),
        endVersion: version(1, 0, 6),
        modifications: [{ type: 'QueryMoved', queryId: 0 }],
      })],
    ])('make all clients use their own sockets if %s', (_, answer) => {
      const one = open()
      one.connect(one.modify(add(0, 'a:get')))
      answer(wires[0]!)
      expect(one.status).toBe('unshared')
      expect(one.take()).toEqual([])
      expect(wires[0]!.isClosed).toBe(true)
    })

    it('are not older than the results that a client has received on another connection', () => {
      const one = open('one')
      one.connect(one.modify(add(0, 'a:get')))
      wires[0]!.answer(5, { 0: 'a' })
      const two = open('two')
      two.send(
        { type: 'Connect', sessionId: 'two', connectionCount: 1, lastCloseReason: null, maxObservedTimestamp: encode(9) },
        two.modify(add(0, 'a:get')),
      )
      expect(two.take()).toEqual([])
      wires[0]!.answer(9, { 0: 'A' })
      expect(two.take()).toEqual([expect.objectContaining({ endVersion: version(1, 0, 9), modifications: [updated(0, 'A')] })])
    })
  })

  describe('journals', () => {
    it('let a client join only a page that ends at the same position', () => {
      const [one, two, three] = [open('one'), open('two'), open('three')]
      one.connect(one.modify(add(0, 'list:page')))
      wires[0]!.post({
        type: 'Transition',
        startVersion: version(0, 0, 0),
        endVersion: version(1, 0, 5),
        modifications: [{ ...updated(0, 'page'), journal: 'end at 10' }],
      })
      two.connect(two.modify(add(0, 'list:page', { journal: 'end at 10' })))
      three.connect(three.modify(add(0, 'list:page', { journal: 'end at 12' })))
      expect(two.take()).toHaveLength(1)
      expect(three.take()).toEqual([])
      expect(wires[0]!.sent.at(-1).modifications).toEqual([expect.objectContaining({ queryId: 1, journal: 'end at 12' })])
    })
  })

  describe('calls', () => {
    const call = (requestId: number): object => ({ type: 'Mutation', requestId, udfPath: 'a:set', args: [{}] })

    it('have their own ids on the connection, and the same id when a client repeats them', () => {
      const [one, two] = [open('one'), open('two')]
      one.connect(one.modify(), call(0))
      two.connect(two.modify(), call(0))
      wires[0]!.events.onClose(1006, '')
      expect(one.status).toEqual([1006, ''])
      const again = open('two')
      again.connect(again.modify(), call(0), call(1))
      const ids = (wire: Wire): number[] => wire.sent.filter(({ type }) => type === 'Mutation').map(({ requestId }) => requestId)
      expect(ids(wires[0]!)).toEqual([0, 1])
      expect(ids(wires[1]!)).toEqual([1, 2])
      expect(wires.map(({ sent }) => sent[0].sessionId)).toEqual(['session of the worker', 'session of the worker'])
    })

    describe('of a client whose worker has ended', () => {
      const action = (requestId: number): object => ({ ...call(requestId), type: 'Action' })
      const callsOn = (wire: Wire): [type: string, requestId: number][] =>
        wire.sent.filter(({ udfPath }) => udfPath === 'a:set').map(({ type, requestId }) => [type, requestId])
      const respond = (wire: Wire, requestId: number, ts: number): void =>
        wire.post({ type: 'MutationResponse', requestId, success: true, result: null, logLines: [], ts: encode(ts) })

      /** A client that has sent its mutations 7 and 8 through an earlier worker. */
      function openEarlier(): Client {
        hubs.restore([7, 8].map(requestId => ({ client: 'early', requestId, session: 'session of the earlier worker', number: requestId + 100 })))
        return open('early')
      }

      it('are repeated in the session of that worker, under their earlier numbers', () => {
        const one = openEarlier()
        one.connect(one.modify(), call(7), call(8))
        expect(wires[0]!.sent[0]).toMatchObject({ sessionId: 'session of the earlier worker', connectionCount: 1 })
        expect(callsOn(wires[0]!)).toEqual([['Mutation', 107], ['Mutation', 108]])
        expect(one.numbered).toEqual([7, 8].map(requestId => ({ client: 'early', requestId, session: 'session of the earlier worker', number: requestId + 100 })))
      })

      it('are followed by its further mutations on the connection of the new worker', () => {
        const one = openEarlier()
        one.connect(one.modify(), call(7), call(8), call(9))
        respond(wires[0]!, 107, 5)
        respond(wires[0]!, 108, 6)
        expect(one.status).toBe('open')
        wires[0]!.answer(6)
        // The client connects again. It has the results of both mutations, and repeats only the third.
        expect(one.status).toEqual([1000, ''])
        expect(wires[0]!.isClosed).toBe(true)
        const again = open('early')
        again.connect(again.modify(), call(9))
        expect(wires[1]!.sent[0]).toMatchObject({ sessionId: 'session of the worker', connectionCount: 0 })
        expect(callsOn(wires[1]!)).toEqual([['Mutation', 0]])
      })

      it('remain possible if the client sends its calls later than its queries', () => {
        const one = openEarlier()
        one.connect(one.modify())
        wires[0]!.answer(5)
        one.send(call(7))
        expect(callsOn(wires[0]!)).toEqual([['Mutation', 107]])
        expect(one.status).toBe('open')
      })

      it('do not hold back its further mutations if the client does not repeat them', () => {
        const one = openEarlier()
        one.connect(one.modify(), call(9))
        expect(one.status).toEqual([1000, ''])
        expect(callsOn(wires[0]!)).toEqual([])
      })

      it('do not hold back its actions, which are answered before it connects again', () => {
        const one = openEarlier()
        one.connect(one.modify(), call(7), call(8), action(9))
        const [, , [type, number]] = callsOn(wires[0]!) as [unknown, unknown, [string, number]]
        expect(type).toBe('Action')
        respond(wires[0]!, 107, 5)
        respond(wires[0]!, 108, 5)
        wires[0]!.answer(5)
        expect(one.status).toBe('open')
        wires[0]!.post({ type: 'ActionResponse', requestId: number, success: true, result: null, logLines: [] })
        expect(one.received.at(-1)).toMatchObject({ type: 'ActionResponse', requestId: 9 })
        expect(one.status).toEqual([1000, ''])
      })

      it('are sent beside the connection of other clients', () => {
        const other = open('other')
        other.connect(other.modify(), call(0))
        const one = openEarlier()
        one.connect(one.modify(), call(7))
        wires[1]!.events.onOpen()
        expect(wires.map(({ sent }) => sent[0].sessionId)).toEqual(['session of the worker', 'session of the earlier worker'])
        expect(wires.map(callsOn)).toEqual([[['Mutation', 0]], [['Mutation', 107]]])
      })

      it('are not separated from other calls if the worker has not ended', () => {
        const one = open('one')
        one.connect(one.modify(), call(3))
        hubs.restore(one.numbered)
        wires[0]!.events.onClose(1006, '')
        const again = open('one')
        again.connect(again.modify(), call(3), call(4))
        expect(wires[1]!.sent[0].sessionId).toBe('session of the worker')
        expect(callsOn(wires[1]!)).toEqual([['Mutation', 0], ['Mutation', 1]])
      })
    })

    it('are answered before the transition that contains their writes', () => {
      const [one, two] = [open('one'), open('two')]
      one.connect(one.modify(add(0, 'a:get')))
      two.connect(two.modify(), call(3))
      wires[0]!.answer(5, { 0: 'a' })
      two.take()
      wires[0]!.post({ type: 'MutationResponse', requestId: 0, success: true, result: null, logLines: [], ts: encode(6) })
      expect(two.take()).toEqual([expect.objectContaining({ type: 'MutationResponse', requestId: 3 })])
      expect(two.settled).toEqual([])
      wires[0]!.answer(6, { 0: 'A' })
      expect(two.settled).toEqual([3])
      expect(two.take()).toEqual([expect.objectContaining({ type: 'Transition', endVersion: version(1, 0, 6), modifications: [] })])
    })

    it('are answered with a transition if the writes are old, as those of a repeated call', () => {
      const one = open()
      one.connect(one.modify(add(0, 'a:get')), call(3))
      wires[0]!.answer(9, { 0: 'A' })
      one.take()
      wires[0]!.post({ type: 'MutationResponse', requestId: 0, success: true, result: null, logLines: [], ts: encode(6) })
      expect(one.take().map(({ type }) => type)).toEqual(['MutationResponse', 'Transition'])
    })

    it('are answered only to the client that has made them', () => {
      const [one, two] = [open('one'), open('two')]
      one.connect(one.modify(), call(0))
      two.connect(two.modify())
      hubs.end(one.link)
      wires[0]!.post({ type: 'MutationResponse', requestId: 0, success: false, result: 'no', logLines: [] })
      expect([one.take(), two.take()]).toEqual([[], []])
    })
  })

  describe('tokens', () => {
    const issuedAt = 1000
    const token = (offset: number): string => fakeToken('ada', { issuedAt: issuedAt + offset, claims: { serial: 0 } })

    it('are confirmed to a later client without a message to the deployment', () => {
      const [one, two] = [open('one'), open('two')]
      one.connect(authenticate(token(0)), one.modify(add(0, 'a:get')))
      wires[0]!.answer(5, { 0: 'a' })
      const count = wires[0]!.sent.length
      two.connect(authenticate(token(1)), two.modify(add(0, 'a:get')))
      expect(two.take()).toEqual([expect.objectContaining({ endVersion: version(1, 1, 5), modifications: [updated(0, 'a')] })])
      expect(wires[0]!.sent).toHaveLength(count)
    })

    it('are sent if they expire much later, and confirmed with the version of the client', () => {
      const [one, two] = [open('one'), open('two')]
      one.connect(authenticate(token(0)), one.modify())
      two.connect(authenticate(token(0)), two.modify())
      wires[0]!.answer(5)
      one.take()
      two.take()
      one.send(authenticate(token(600), 1))
      expect(wires[0]!.sent.at(-1)).toMatchObject({ type: 'Authenticate', baseVersion: 1 })
      wires[0]!.answer(6)
      expect(one.take()).toEqual([expect.objectContaining({ endVersion: version(1, 2, 6) })])
      expect(two.take()).toEqual([])
    })

    it('are refused with the version of each client, except for a client with a newer token', () => {
      const [one, two, three] = [open('one'), open('two'), open('three')]
      one.connect(authenticate(token(0)), one.modify())
      two.connect(authenticate(token(0)), two.modify())
      wires[0]!.answer(5)
      two.send(authenticate(token(10), 1))
      three.connect(authenticate(token(20)), three.modify())
      for (const client of [one, two, three])
        client.take()
      wires[0]!.post({ type: 'AuthError', error: 'expired', baseVersion: 1, authUpdateAttempted: false })
      expect(one.take()).toEqual([{ type: 'AuthError', error: 'expired', baseVersion: 1, authUpdateAttempted: false }])
      expect([two.take(), three.take()]).toEqual([[], []])
      expect(refusals).toBe(1)
      expect([one.status, two.status, three.status]).toEqual([[1000, ''], [1000, ''], [1000, '']])
    })

    it('are not refused for a client whose first call may have run', () => {
      const [one, two] = [open('one'), open('two')]
      one.connect(authenticate(token(0)), one.modify())
      wires[0]!.answer(5)
      two.connect(
        authenticate(token(0)),
        two.modify(add(0, 'slow:get')),
        { type: 'Mutation', requestId: 0, udfPath: 'a:set', args: [{}] },
      )
      wires[0]!.post({ type: 'AuthError', error: 'expired', baseVersion: 1, authUpdateAttempted: false })
      expect(two.take()).toEqual([])
      expect(two.status).toEqual([1000, ''])
    })

    it.each([
      ['an admin', { type: 'Authenticate', tokenType: 'Admin', value: 'key', baseVersion: 0 }],
      ['a token without a subject', authenticate('opaque')],
    ])('of %s are not shared', (_, frame) => {
      const one = open()
      one.connect(frame)
      expect(one.status).toBe('unshared')
      expect(wires[0]!.sent).toEqual([])
    })
  })

  describe('connections', () => {
    it('belong to the first identity, and another identity gets its own', () => {
      const [one, two] = [open('one'), open('two')]
      one.connect(one.modify())
      two.connect(authenticate(fakeToken('ada')), two.modify())
      wires[1]!.events.onOpen()
      expect(wires.map(({ sent }) => sent.map(({ type }) => type))).toEqual([
        ['Connect', 'ModifyQuerySet'],
        ['Connect', 'Authenticate', 'ModifyQuerySet'],
      ])
    })

    it('close a client that changes its identity, so that it connects again', () => {
      const one = open()
      one.connect(one.modify(add(0, 'a:get')))
      one.send(authenticate(fakeToken('ada')))
      expect(one.status).toEqual([1000, ''])
      expect(wires[0]!.isClosed).toBe(true)
    })

    it('fail for all clients that wait for them', () => {
      const [one, two] = [new Client(hubs, 'one'), new Client(hubs, 'two')]
      expect(one.status).toBe('connecting')
      wires[0]!.events.onClose(1006, 'gone')
      expect([one.status, two.status]).toEqual([[1006, 'gone'], [1006, 'gone']])
      expect(wires).toHaveLength(1)
    })

    it('are closed if no client has used them', () => {
      const one = open()
      hubs.end(one.link)
      expect(wires[0]!.isClosed).toBe(true)
    })

    it('ping a client that has received nothing for ten seconds', () => {
      const one = open()
      one.connect(one.modify())
      wires[0]!.answer(5)
      one.take()
      now += 9000
      wires[0]!.post({ type: 'Ping' })
      expect(one.take()).toEqual([])
      now += 2000
      wires[0]!.answer(6)
      expect(one.take()).toEqual([{ type: 'Ping' }])
    })

    it('close a client whose versions are wrong', () => {
      const one = open()
      one.connect({ type: 'ModifyQuerySet', baseVersion: 3, newVersion: 4, modifications: [] })
      expect(one.status).toEqual([1002, expect.any(String)])
    })

    it.each(['not JSON', '{}', '{"type":"Novelty"}', '{"type":"ModifyQuerySet","baseVersion":0,"newVersion":1,"modifications":[]}'])(
      'are not shared with a client that begins with %s',
      (text) => {
        const one = open()
        hubs.receive(one.link, [text])
        expect(one.status).toBe('unshared')
      },
    )
  })
})
