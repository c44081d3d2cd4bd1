/** `process.env` as functions see it: each component has its own variables. */
import type { Environments } from './messages.ts'
import { currentFrame } from './call-frame.ts'

/** The environment variables of all components of a thread. */
export class CallEnvironment {
  environments: Environments = {}
  /** Called with the name of a variable that is read but is not set. */
  onUnset: ((name: string) => void) | undefined

  /** The variables of the component whose call runs. Outside of calls, those of the app. */
  #current(): Record<string, string> {
    return this.environments[currentFrame()?.component ?? ''] ?? {}
  }

  #get(name: string): string | undefined {
    const variables = this.#current()
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (value === undefined)
      this.onUnset?.(name)
    return value
  }

  /** Convex's own runtime has no way to list or to change the variables. */
  get convexEnv(): object {
    return new Proxy({}, {
      get: (target, key) => typeof key === 'string' ? this.#get(key) : Reflect.get(target, key),
      set: () => true,
    })
  }

  /** In Node, code may list the variables, and change them until the thread ends. */
  get nodeEnv(): object {
    return new Proxy({}, {
      get: (_, key) => typeof key === 'string' ? this.#get(key) : undefined,
      set: (_, key, value) => {
        this.#current()[String(key)] = String(value)
        return true
      },
      has: (_, key) => Object.hasOwn(this.#current(), key),
      deleteProperty: (_, key) => delete this.#current()[String(key)],
      ownKeys: () => Object.keys(this.#current()),
      getOwnPropertyDescriptor: (_, key) => {
        const value = this.#current()[String(key)]
        if (value === undefined)
          return undefined
        return { value, configurable: true, enumerable: true, writable: true }
      },
    })
  }
}
