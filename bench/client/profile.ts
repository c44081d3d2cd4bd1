import type { Protocol } from 'playwright-core/types/protocol'
import type { BenchPage } from './bench-page.ts'
import type { BenchSubject } from './subjects.ts'
import type { Plan } from './workloads.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runRound } from './workloads.ts'

type Profile = Protocol.Profiler.Profile

const SAMPLING_INTERVAL_US = 100
const WARM_UP_ROUNDS = 3
const SHOWN = 25

/** Writes one `.cpuprofile` a step, of some rounds in a row, and prints the functions that take most of it themselves. */
export async function profile(page: BenchPage, subject: BenchSubject, plan: Plan, sizes: number[], directory: string): Promise<void> {
  await page.cdp.send('Profiler.enable')
  await page.cdp.send('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US })
  for (const n of sizes) {
    const rounds = Math.max(5, 20_000 / n)
    const profiles = new Map<string, Profile[]>()
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      await runRound(page, subject, plan, n, () => {}, async (step, run) => {
        if (round < 0)
          return await run()
        await page.cdp.send('Profiler.start')
        const sample = await run()
        const { profile } = await page.cdp.send('Profiler.stop')
        profiles.set(step, [...profiles.get(step) ?? [], profile])
        return sample
      })
    }
    for (const [step, parts] of profiles) {
      const merged = merge(parts)
      const file = join(directory, `${subject.id}-${plan.workload}-${n}-${step.replaceAll(' ', '-')}.cpuprofile`)
      await writeFile(file, JSON.stringify(merged))
      console.log(`\n${file}: self time in ms per round`)
      for (const [name, us] of selfTimes(merged).slice(0, SHOWN))
        console.log(`${(us / 1_000 / parts.length).toFixed(3).padStart(9)}  ${name}`)
    }
  }
}

/** One profile of several: their roots become one. */
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

/** Microseconds by function, most first; what is no code left out. */
function selfTimes({ nodes, samples, timeDeltas }: Profile): [name: string, us: number][] {
  const names = new Map(nodes.map(({ id, callFrame: { functionName, lineNumber } }) => [id, `${functionName || '(anonymous)'}${lineNumber >= 0 ? `:${lineNumber + 1}` : ''}`]))
  const times = new Map<string, number>()
  samples!.forEach((id, i) => {
    const name = names.get(id)!
    if (!['(idle)', '(program)', '(root)'].includes(name))
      times.set(name, (times.get(name) ?? 0) + Math.max(0, timeDeltas![i]!))
  })
  return [...times].sort((a, b) => b[1] - a[1])
}
