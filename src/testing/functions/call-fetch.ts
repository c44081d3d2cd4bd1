/** `fetch` as functions see it: only actions may call it. */
import { asPlatform, currentFrame } from './call-frame.ts'
import { notAtImportTime, notInQueriesAndMutations } from './convex-words.ts'

export function installFetch(): void {
  const nativeFetch = globalThis.fetch
  globalThis.fetch = async function fetch(...args) {
    const frame = currentFrame()
    if (frame === undefined)
      return await nativeFetch(...args)
    if (frame.kind === 'import')
      throw notAtImportTime('fetch()')
    if (frame.isDeterministic)
      throw notInQueriesAndMutations('fetch()')
    return await frame.track('fetch', asPlatform(() => nativeFetch(...args)))
  }
}
