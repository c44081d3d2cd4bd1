/** `convue/tabs/worker`: the shared worker that holds one connection for all tabs of an app. */
import type { SharedState } from './serve-tab.ts'
import { SharedTokens } from '../hub/shared-tokens.ts'
import { holdLock } from '../locks.ts'
import { socketOpener } from './open-socket.ts'
import { serveTab } from './serve-tab.ts'

/** The global scope of a shared worker, which the types of a page do not contain. */
interface WorkerScope {
  onconnect: (event: MessageEvent) => void
}

const createId = (): string => crypto.randomUUID()
const now = (): number => Date.now()
const tokens = new SharedTokens(now)
const state: SharedState = {
  environment: { openSocket: socketOpener(WebSocket), now, createId, onTokenRefused: () => tokens.doubtAll() },
  locks: navigator.locks,
  lock: holdLock(navigator.locks, createId).then(({ name }) => name),
  hubs: new Map(),
  tokens,
}

;(globalThis as unknown as WorkerScope).onconnect = ({ ports }) => serveTab(ports[0]!, state)
