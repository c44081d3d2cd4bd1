/** `WebAssembly` as functions see it: a call that waits for a compilation is not stuck. */
import { currentFrame } from './call-frame.ts'

type Compile = (...args: any[]) => Promise<unknown>

/** Node compiles in another thread, so the compilation is an operation of the call. */
export function installWebAssembly(): void {
  const methods = WebAssembly as unknown as Record<string, Compile>
  for (const name of ['compile', 'instantiate']) {
    const method = methods[name]!
    methods[name] = (...args) => {
      const frame = currentFrame()
      const compiled = method(...args)
      if (frame === undefined)
        return compiled
      return frame.track(`WebAssembly.${name}`, compiled)
    }
  }
}
