import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const HERE = fileURLToPath(new URL('.convue/', import.meta.url))

/**
 * Creates a functions folder for one test, which is deleted when the test ends. The folder is below this one, so that
 * its functions find their packages.
 */
export async function createFunctions(files: Record<string, string>): Promise<string> {
  const folder = await createFolder()
  onTestFinished(() => removeFolder(folder))
  await writeFunctions(folder, files)
  return folder
}

/** An empty functions folder. The caller must remove it. */
export async function createFolder(): Promise<string> {
  await mkdir(HERE, { recursive: true })
  return await mkdtemp(join(HERE, 'functions-'))
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}

export async function writeFunctions(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
}
