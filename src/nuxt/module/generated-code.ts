/** Writes the generated code of the functions without a deployment. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { useLogger } from 'nuxt/kit'

/**
 * Writes the code while dependencies are installed, unless Convex's command line has written it,
 * which keeps it current. An error is only a warning: an installation must not fail because of it.
 */
export async function prepareCode(functions: string): Promise<void> {
  const file = join(functions, '_generated/api.d.ts')
  if (existsSync(file) && !readFileSync(file, 'utf8').includes('convue/testing'))
    return
  try {
    await generateCode(functions)
  }
  catch (error) {
    useLogger('convue').warn((error as Error).message)
  }
}

/**
 * Writes the code. Does nothing if the app has no functions.
 *
 * @throws ConvueError `FUNCTIONS_INVALID`, and the error of a missing package.
 */
export async function generateCode(functions: string): Promise<void> {
  if (!existsSync(functions))
    return
  const { codegen } = await import('convue/testing')
  await codegen({ functions })
}
