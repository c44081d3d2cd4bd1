import type { WireQuery } from './bench-socket.ts'
import type { Doc, Row, Session, SessionOptions, Subject, View } from './subject.ts'
import { BenchSocket } from './bench-socket.ts'
import { NOTHING, noticed } from './subject.ts'

/** The measurements of one step of a workload. */
export interface Sample {
  ms: number
  counts?: Record<string, number>
}

/** The functions that the program outside of the browser calls. */
export interface PageBench {
  /** Opens a session for one round of a workload. */
  open: (workload: WorkloadName, n: number, options: SessionOptions) => Promise<void>
  /** Runs one step. Rejects if a component shows wrong content. */
  step: (name: string) => Promise<Sample>
  /**
   * Records all measured code from now on in a profile with this name; `undefined` stops the
   * recording.
   */
  profileAs: (title: string | undefined) => void
  /** The number of subscribed queries, without the permanent query. */
  countQueries: () => number
  close: () => void
}

export type WorkloadName = 'fan-in' | 'fan-out' | 'frames' | 'list' | 'churn' | 'tearing'

declare global {
  interface Window {
    bench: PageBench
    /** Exists if the browser runs with `--js-flags=--expose-gc`. */
    gc: () => void
  }
}

type Steps = Record<string, () => Promise<Sample>>

interface Round {
  n: number
  session: Session
  socket: BenchSocket
  /** The expected content of each component. */
  expected: string[]
  version: number
}

const ROWS = 1_000
const CHANGES = 1_000
const DOUBLE_UPDATES = 100
const FRAMES = 60
const CHANGED_PER_FRAME = 20

let profileTitle: string | undefined

const WORKLOADS: Record<WorkloadName, (round: Round) => Steps> = {
  'fan-in': round => ({
    mount: () => mountItems(round, true),
    all: () => updateItems(round, [100, 1_000].includes(round.n) ? 1_000 / round.n : 1, () => ({ isChanged: () => true, changed: Array.from({ length: round.n }, (_, i) => i) })),
    unmount: () => unmount(round),
  }),

  'fan-out': round => ({
    mount: () => mountItems(round, false),
    all: () => updateItems(round, Math.max(1, 1_000 / round.n), () => ({ isChanged: () => true, changed: Array.from({ length: round.n }, (_, i) => i) })),
    one: () => updateItems(round, 20, (turn) => {
      const i = turn * 7_919 % round.n
      return { isChanged: query => query.args.i === i, changed: [i] }
    }),
    unmount: () => unmount(round),
  }),

  'frames': round => ({
    async frame() {
      await mountItems(round, false)
      return await updateInFrames(round)
    },
  }),

  'list': (round) => {
    let rows = Array.from({ length: ROWS }, (_, i) => rowOf(i, 0))
    const update = async (next: Row[]): Promise<Sample> => {
      rows = next
      round.expected = rows.map(row => row.text)
      return await receiveRows(round, rows)
    }
    return {
      async mount() {
        const ms = await show(round, { kind: 'rows' })
        const { ms: msToReceive, counts } = await update(rows)
        return { ms: ms + msToReceive, counts }
      },
      one: () => update(rows.with(ROWS / 2, rowOf(ROWS / 2, ++round.version))),
      same: () => update(rows),
      all: () => update(rows.map((_, i) => rowOf(i, round.version + 1))),
    }
  },

  'churn': round => ({
    equal: () => changeArguments(round, () => 0),
    new: () => changeArguments(round, change => change + 1),
  }),

  'tearing': round => ({
    async update() {
      await show(round, { kind: 'pair' })
      const { socket } = round
      await receive(round, socket.read())
      reset()
      let ms = 0
      for (let turn = 0; turn < DOUBLE_UPDATES; turn++) {
        round.version++
        ms += await receive(round, docsOf(socket))
      }
      round.expected = [textOfDoc(0, round.version)]
      return { ms, counts: { tornRenders: noticed.tornRenders, tornWatchers: noticed.tornWatchers } }
    },
  }),
}

/** Makes a subject available to the program that drives the browser. */
export function serve(subject: Subject): void {
  const container = document.querySelector<HTMLElement>('#app')!
  let round: Round
  let steps: Steps
  window.bench = {
    async open(workload, n, options) {
      const session = subject.open(container, options)
      const socket = BenchSocket.current
      round = { n, session, socket, expected: [], version: 0 }
      steps = WORKLOADS[workload](round)
      // The socket opens in a microtask.
      await new Promise(resolve => setTimeout(resolve))
      await receive(round, socket.read())
    },
    async step(name) {
      const sample = await steps[name]!()
      assertShown(round)
      return sample
    },
    profileAs(title) {
      profileTitle = title
    },
    countQueries() {
      round.socket.read()
      return round.socket.queries.size - 1
    },
    close() {
      round.session.close()
      container.textContent = ''
    },
  }
}

async function mountItems(round: Round, isShared: boolean): Promise<Sample> {
  const { n, socket } = round
  const ms = await show(round, { kind: 'items', count: n, isShared })
  const added = socket.read()
  if (added.length !== (isShared ? 1 : n))
    throw new Error(`${added.length} queries were sent.`)
  round.expected = Array.from({ length: n }, (_, i) => textOfDoc(isShared ? 0 : i, round.version))
  return { ms: ms + await receive(round, added) }
}

/**
 * Sends several transitions one after another, and returns the mean time of a transition, because
 * the resolution of the clock is only 5 µs.
 */
async function updateItems(
  round: Round,
  turns: number,
  choose: (turn: number) => { isChanged: (query: WireQuery) => boolean, changed: number[] },
): Promise<Sample> {
  const { session, socket, expected } = round
  const isShared = docsOf(socket).length === 1
  const texts: string[] = []
  for (let turn = 0; turn < turns; turn++) {
    const { isChanged, changed } = choose(turn)
    round.version++
    texts.push(socket.answer(docsOf(socket).filter(isChanged), valueOf(round.version)))
    for (const i of changed)
      expected[i] = textOfDoc(isShared ? 0 : i, round.version)
  }
  const ms = await clock(async () => {
    for (const text of texts)
      await session.settle(() => socket.receive(text))
  })
  return { ms: ms / turns }
}

/**
 * Sends a transition in each frame, as a busy deployment does, and returns the mean time of a
 * transition in its frame.
 */
async function updateInFrames({ n, session, socket, expected, version }: Round): Promise<Sample> {
  const updates = Array.from({ length: FRAMES }, (_, turn) => {
    const changed = new Set(Array.from({ length: CHANGED_PER_FRAME }, (_, nth) => (turn * 7_919 + nth * 499) % n))
    for (const i of changed)
      expected[i] = textOfDoc(i, version + turn + 1)
    return socket.answer(docsOf(socket).filter(({ args }) => changed.has(args.i)), valueOf(version + turn + 1))
  })
  window.gc()
  let ms = 0
  for (const text of updates) {
    await new Promise(requestAnimationFrame)
    if (profileTitle)
      console.profile(profileTitle)
    const start = performance.now()
    await session.settle(() => socket.receive(text))
    ms += performance.now() - start
    if (profileTitle)
      console.profileEnd(profileTitle)
  }
  return { ms: ms / FRAMES }
}

async function unmount(round: Round): Promise<Sample> {
  round.expected = []
  const ms = await show(round, NOTHING)
  const { socket } = round
  socket.read()
  const left = socket.queries.size - 1
  await receive(round, [])
  return { ms, counts: { left } }
}

async function changeArguments(round: Round, argumentOf: (change: number) => number): Promise<Sample> {
  const { session, socket } = round
  let ms = 0
  const change = async (i: number): Promise<void> => {
    const start = performance.now()
    await session.show({ kind: 'changing', args: { i } })
    ms += performance.now() - start
    const added = socket.read()
    if (added.length > 0) {
      const text = socket.answer(added, valueOf(round.version))
      const start = performance.now()
      await session.settle(() => socket.receive(text))
      ms += performance.now() - start
    }
    round.expected = [textOfDoc(i, round.version)]
    assertShown(round)
  }
  await change(0)
  reset()
  const messages = socket.messages
  window.gc()
  ms = 0
  if (profileTitle)
    console.profile(profileTitle)
  for (let turn = 0; turn < CHANGES; turn++)
    await change(argumentOf(turn))
  if (profileTitle)
    console.profileEnd(profileTitle)
  return { ms, counts: { messages: socket.messages - messages, staleRenders: noticed.staleRenders } }
}

async function receiveRows(round: Round, rows: Row[]): Promise<Sample> {
  const { session, socket } = round
  socket.read()
  reset()
  const text = socket.answer([...socket.queries.values()].filter(query => query.name === 'bench:rows'), () => rows as any)
  const ms = await clock(() => session.settle(() => socket.receive(text)))
  return { ms, counts: { rowRenders: noticed.rowRenders } }
}

function show({ session }: Round, view: View): Promise<number> {
  return clock(() => session.show(view))
}

async function receive({ session, socket, version }: Round, queries: WireQuery[]): Promise<number> {
  const text = socket.answer(queries, valueOf(version))
  return await clock(() => session.settle(() => socket.receive(text)))
}

async function clock(run: () => void | Promise<void>): Promise<number> {
  window.gc()
  if (profileTitle)
    console.profile(profileTitle)
  const start = performance.now()
  await run()
  const ms = performance.now() - start
  if (profileTitle)
    console.profileEnd(profileTitle)
  return ms
}

function assertShown({ expected }: Round): void {
  const shown = [...document.querySelectorAll('main p')]
  const wrong = expected.findIndex((text, i) => shown[i]?.textContent !== text)
  if (shown.length !== expected.length || wrong >= 0)
    throw new Error(`${shown.length} components instead of ${expected.length}; number ${wrong} shows "${shown[wrong]?.textContent}" instead of "${expected[wrong]}".`)
}

function reset(): void {
  Object.assign(noticed, { rowRenders: 0, staleRenders: 0, tornRenders: 0, tornWatchers: 0 } satisfies typeof noticed)
}

/** All subscribed queries for documents, without the permanent query. */
function docsOf(socket: BenchSocket): WireQuery[] {
  return [...socket.queries.values()].filter(({ name, args }) => name === 'bench:doc' && args.i >= 0)
}

function valueOf(version: number): (query: WireQuery) => any {
  return ({ args: { i } }): Doc => ({ _id: `doc${i}`, _creationTime: 1_795_219_200_000, i, version, text: textOfDoc(i, version) })
}

function textOfDoc(i: number, version: number): string {
  return `version ${version} of ${i}`
}

function rowOf(i: number, version: number): Row {
  return {
    _id: `row${i}`,
    _creationTime: 1_795_219_200_000 + i,
    text: `version ${version} of ${i}`,
    author: { name: `Author ${i % 7}`, image: `https://images.example/authors/${i % 7}.webp` },
    tags: ['one', 'two', 'three'],
    isDone: i % 2 === 0,
  }
}
