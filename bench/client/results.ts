import type { Sample } from '../page/bench.ts'

/** The samples, by workload, step, number of components and subject. */
export class Results {
  readonly #samples = new Map<string, Sample[]>()

  add(workload: string, step: string, n: number, subject: string, sample: Sample): void {
    const key = `${workload} ${step} ${n} ${subject}`
    const list = this.#samples.get(key)
    if (list)
      list.push(sample)
    else
      this.#samples.set(key, [sample])
  }

  /** The median time in milliseconds, or `undefined` if it was not measured. */
  ms(workload: string, step: string, n: number, subject: string): number | undefined {
    const samples = this.#samples.get(`${workload} ${step} ${n} ${subject}`)
    return samples && median(samples.map(({ ms }) => ms))
  }

  /** The count, which must be the same in every round; `undefined` if nothing was counted. */
  count(workload: string, step: string, n: number, subject: string, name: string): number | undefined {
    const counts = new Set(this.#samples.get(`${workload} ${step} ${n} ${subject}`)?.map(({ counts }) => counts?.[name]))
    if (counts.size > 1)
      throw new Error(`${subject} counts ${[...counts].join(' and ')} for ${name} in ${workload}.`)
    return [...counts][0]
  }

  sizes(workload: string): number[] {
    return [...new Set([...this.#samples.keys()].filter(key => key.startsWith(`${workload} `)).map(key => Number(key.split(' ')[2])))]
  }
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
