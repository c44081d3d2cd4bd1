/** SHA-256 of a text. */

/** Of `node:crypto`; typed here, since this file also runs where Node's types are not known. */
interface NodeCrypto {
  createHash: (algorithm: 'sha256') => NodeHash
}

interface NodeHash {
  update: (text: string, encoding: 'utf8') => NodeHash
  digest: () => Uint8Array<ArrayBuffer>
}

interface NodeProcess {
  getBuiltinModule?: (name: string) => unknown
}

const nodeCrypto = findNodeCrypto()

/**
 * Hashes a text as UTF-8. Node runs each hash of Web Crypto on another thread, which takes about
 * ten times as long as its synchronous hash if the text is as short as a token.
 */
export async function sha256(text: string): Promise<Uint8Array<ArrayBuffer>> {
  if (nodeCrypto)
    return nodeCrypto.createHash('sha256').update(text, 'utf8').digest()
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}

/** `undefined` outside of Node, and in runtimes that only imitate `process`. */
function findNodeCrypto(): NodeCrypto | undefined {
  try {
    const { process } = globalThis as { process?: NodeProcess }
    const found = process?.getBuiltinModule?.('node:crypto') as Partial<NodeCrypto> | undefined
    return typeof found?.createHash === 'function' ? found as NodeCrypto : undefined
  }
  catch {
    return undefined
  }
}
