/** Which code of the embedded deployment is measured: the built package or the sources. */
import { existsSync } from 'node:fs'
import process from 'node:process'

const built = new URL('../../dist/testing.js', import.meta.url)
const sources = new URL('../../src/testing/index.ts', import.meta.url)

/** An app has the built package. `--sources` measures the sources even if there is a build. */
export const variant = existsSync(built) && !process.argv.includes('--sources') ? 'built package' : 'sources'

export async function loadTesting(): Promise<typeof import('../../src/testing/index.ts')> {
  return await import((variant === 'sources' ? sources : built).href)
}
