import type { FunctionReference } from 'convex/server'
import { makeFunctionReference } from 'convex/server'
import { BenchSocket } from './bench-socket.ts'

/** A library, or code without a library, that shows live queries. */
export interface Subject {
  /**
   * Opens a client and mounts an app with one permanent query, which keeps the client connected.
   */
  open: (container: HTMLElement, options: SessionOptions) => Session
}

export interface SessionOptions {
  /** How long unused queries remain subscribed, in milliseconds. Only Convue has this option. */
  lingerMs?: number
}

export interface Session {
  /** Replaces the view. Resolves once the DOM shows the new view. */
  show: (view: View) => void | Promise<void>
  /**
   * Calls `receive`, which passes messages to the client. Resolves once the DOM shows their
   * content.
   */
  settle: (receive: () => void) => void | Promise<void>
  close: () => void
}

/** The content of the app, apart from its permanent query. */
export type View
  = | { kind: 'nothing' }
  /**
   * Components that each show one document: all of them the same document, or each its own
   * document.
   */
    | { kind: 'items', count: number, isShared: boolean }
  /** A list in one query, with a component for each row. */
    | { kind: 'rows' }
  /** One component whose arguments change. */
    | { kind: 'changing', args: DocArgs }
  /** One component with two queries. */
    | { kind: 'pair' }

// eslint-disable-next-line ts/consistent-type-definitions
export type DocArgs = { i: number }

/** About 100 bytes. */
export interface Doc {
  _id: string
  _creationTime: number
  i: number
  version: number
  text: string
}

/** About 200 bytes. */
export interface Row {
  _id: string
  _creationTime: number
  text: string
  author: { name: string, image: string }
  tags: string[]
  isDone: boolean
}

export const getDoc: FunctionReference<'query', 'public', DocArgs, Doc> = makeFunctionReference('bench:doc')
export const getRows: FunctionReference<'query', 'public', DocArgs, Row[]> = makeFunctionReference('bench:rows')
/** The arguments of the permanent query. */
export const KEPT: DocArgs = { i: -1 }
export const NOTHING: View = { kind: 'nothing' }

export const url = 'https://bench.convex.cloud'
export const clientOptions = { webSocketConstructor: BenchSocket as unknown as typeof WebSocket, logger: false as const, unsavedChangesWarning: false }

/** The counts of the components since the last reset. */
export const noticed = { rowRenders: 0, staleRenders: 0, tornRenders: 0, tornWatchers: 0 }

/** Called by the row component when it renders. */
export function textOf(row: Row): string {
  noticed.rowRenders++
  return row.text
}

/** Called by the component with changing arguments when it renders. */
export function textUnder(args: DocArgs, doc: Doc | undefined): string {
  if (doc && doc.i !== args.i)
    noticed.staleRenders++
  return doc?.text ?? ''
}

/** Called by the component with two queries when it renders. */
export function textOfBoth(one: Doc | undefined, other: Doc | undefined): string {
  if (one?.version !== other?.version)
    noticed.tornRenders++
  return one?.text ?? ''
}
