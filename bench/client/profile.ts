import type { BenchPage } from './bench-page.ts'
import type { BenchSubject } from './subjects.ts'
import type { Plan } from './workloads.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runRound } from './workloads.ts'

/** A profile of Chromium's `Profiler` domain. */
interface Profile {
  nodes: { id: number, callFrame: { functionName: string, lineNumber: number }, children?: number[] }[]
  startTime: number
  endTime: number
  samples?: number[]
  timeDeltas?: number[]
}

const SAMPLING_INTERVAL_US = 200
const WARM_UP_ROUNDS = 5
/** The number of components in all rounds together. */
const TOTAL = 100_000
const SHOWN = 40
/**
 * Entries of a profile that are not measured code. The function `clock` only starts and stops the
 * profile.
 */
const NO_WORK = ['(idle)', '(program)', '(root)', 'clock']

/**
 * Profiles the measured code in some rounds. Writes one `.cpuprofile` for each step, and prints the
 * functions with the most self time.
 */
export async function profile(page: BenchPage, subject: BenchSubject, plan: Plan, sizes: number[], code: string, directory: string): Promise<void> {
  const profiles = new Map<string, Profile[]>()
  page.cdp.on('Profiler.consoleProfileFinished', ({ title, profile }) => profiles.set(title!, [...profiles.get(title!) ?? [], profile]))
  await page.cdp.send('Profiler.enable')
  await page.cdp.send('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US })
  for (const n of sizes) {
    const rounds = Math.min(100, Math.max(5, TOTAL / n))
    profiles.clear()
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      await runRound(page, subject, plan, n, () => {}, async (step, run) => {
        await page.profileAs(round < 0 ? undefined : step)
        const sample = await run()
        await page.profileAs(undefined)
        return sample
      })
    }
    for (const [step, parts] of profiles) {
      const merged = merge(parts)
      const file = join(directory, `${subject.id}-${plan.workload}-${n}-${step}.cpuprofile`)
      await writeFile(file, JSON.stringify(merged))
      const times = selfTimes(merged, code.split('\n'))
      console.log(`\n${file}: ${perRound(times.reduce((sum, [, us]) => sum + us, 0), rounds)} ms a round, and by function itself`)
      for (const [name, us] of times.slice(0, SHOWN))
        console.log(`${perRound(us, rounds).padStart(9)}  ${name}`)
    }
  }
}

function perRound(us: number, rounds: number): string {
  return (us / 1_000 / rounds).toFixed(3)
}

/** Merges several profiles into one with a common root. */
function merge(parts: Profile[]): Profile {
  const root = { ...parts[0]!.nodes[0]!, id: 1, children: [] as number[] }
  const merged: Profile = { nodes: [root], startTime: parts[0]!.startTime, endTime: parts.at(-1)!.endTime, samples: [], timeDeltas: [] }
  let offset = 1
  for (const { nodes, samples, timeDeltas } of parts) {
    const shift = (id: number): number => id === nodes[0]!.id ? 1 : id + offset
    for (const node of nodes.slice(1))
      merged.nodes.push({ ...node, id: shift(node.id), children: node.children?.map(shift) })
    root.children.push(...(nodes[0]!.children ?? []).map(shift))
    merged.samples!.push(...samples!.map(shift))
    merged.timeDeltas!.push(...timeDeltas!)
    offset += Math.max(...nodes.map(({ id }) => id))
  }
  return merged
}

/**
 * Self time by function in microseconds, in descending order, without entries that are not code. A
 * function without a name is shown by its first line.
 */
function selfTimes({ nodes, samples, timeDeltas }: Profile, lines: string[]): [name: string, us: number][] {
  const names = new Map(nodes.map(({ id, callFrame: { functionName, lineNumber } }) => [
    id,
    functionName || `${lines[lineNumber]?.trim().slice(0, 100)}`,
  ]))
  const times = new Map<string, number>()
  samples!.forEach((id, i) => {
    const name = names.get(id)!
    if (!NO_WORK.includes(name))
      times.set(name, (times.get(name) ?? 0) + Math.max(0, timeDeltas![i]!))
  })
  return [...times].sort((a, b) => b[1] - a[1])
}
