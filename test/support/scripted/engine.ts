import type { AuthEngine, AuthEngineOptions } from '../../../src/token/auth-engine.ts'
import type { Clock } from '../../../src/token/clock.ts'
import type { SessionSnapshot } from '../../../src/token/token-source.ts'
import { createAuthEngine } from '../../../src/token/auth-engine.ts'
import { ScriptedSource } from './scripted-source.ts'

/** A clock that the test moves, independent of any other clock. */
export class ManualClock implements Clock {
  #now: number
  #tasks = new Map<() => void, number>()

  constructor(now = 0) {
    this.#now = now
  }

  get timerCount(): number {
    return this.#tasks.size
  }

  now = (): number => this.#now

  schedule = (task: () => void, delayMs: number): (() => void) => {
    const own = (): void => task()
    this.#tasks.set(own, this.#now + delayMs)
    return () => this.#tasks.delete(own)
  }

  /** Lets time pass and runs the timers that are due. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await settled()
      const [task, at] = [...this.#tasks].sort(([, a], [, b]) => a - b)[0] ?? []
      if (!task || at! > end)
        break
      this.#tasks.delete(task)
      this.#now = Math.max(this.#now, at!)
      task()
    }
    this.#now = end
    await settled()
  }

  /** The computer sleeps: time passes and no timer runs. */
  sleep(ms: number): void {
    this.#now += ms
  }
}

export interface EngineOnTrial {
  engine: AuthEngine
  source: ScriptedSource
  clock: ManualClock
}

/** Starts an engine with a scripted provider and a manual clock, for a page that needs the user. */
export function startEngine(
  { snapshot, clock = new ManualClock(), source = new ScriptedSource(snapshot), ...options }: Partial<AuthEngineOptions> & {
    snapshot?: SessionSnapshot
    clock?: ManualClock
    source?: ScriptedSource
  } = {},
): EngineOnTrial {
  const engine = createAuthEngine({ source, clock, ...options })
  engine.need()
  engine.start()
  return { engine, source, clock }
}

/** Lets all promises settle that do not wait for a timer. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++)
    await Promise.resolve()
}
