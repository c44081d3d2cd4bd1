/** Creates the first signing key for the variable `JWKS`, without a deployment. */
import { randomUUID } from 'node:crypto'
import { generateKeyPair } from '../convex/tokens/sign-jwt.ts'
import { importPeer } from '../testing/peers.ts'

/**
 * The value of `JWKS`, in the form of `getLatestJwks`. On a new deployment, `getLatestJwks` cannot
 * run: Convex refuses to deploy functions while the variable is not set.
 *
 * @param secret The `BETTER_AUTH_SECRET` of the deployment, which encrypts the private key.
 * @throws ConvueError `PEER_MISSING`
 */
export async function createStaticKeys(secret: string): Promise<string> {
  const { symmetricEncrypt } = await importPeer('better-auth', () => import('better-auth/crypto'))
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const encrypted = await symmetricEncrypt({ key: secret, data: JSON.stringify(privateKey) })
  const key = {
    id: randomUUID(),
    publicKey: JSON.stringify(publicKey),
    privateKey: JSON.stringify(encrypted),
    createdAt: Date.now(),
  }
  return JSON.stringify([key])
}
