/** Runs a program, and keeps its output for an error message. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'

/** The result of a program. */
export interface ProgramResult {
  succeeded: boolean
  /** Everything that it has printed, or the reason for which it could not be started. */
  output: string
}

/** Runs a program in a folder, without input. */
export async function runProgram([program, ...args]: string[], folder: string): Promise<ProgramResult> {
  // On Windows, package managers are scripts that only a shell can run.
  const shell = process.platform === 'win32'
  const child = spawn(program!, args, { cwd: folder, shell, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => output += text)
  try {
    const [code] = await once(child, 'close')
    return { succeeded: code === 0, output: output.trim() || `exit code ${code}` }
  }
  catch (error) {
    return { succeeded: false, output: (error as Error).message }
  }
}
