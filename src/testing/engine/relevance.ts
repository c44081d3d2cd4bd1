/** Ranks texts by their relevance for the terms of a search, with BM25. */
import { tokenize } from './tokenize.ts'

export interface Ranked {
  /** The position of the text in the list. */
  position: number
  score: number
}

/**
 * The constants of BM25: `K1` limits the weight of repetitions, `B` reduces the score of long
 * texts.
 */
const K1 = 1.2
const B = 0.75
/**
 * The weight of a term of a text that begins with the last term of the search, and is not equal to
 * it.
 */
const PREFIX_WEIGHT = 0.5
/** The greatest number of different terms that a search may match. */
const MAX_MATCHED_TERMS = 64

interface TermCounts {
  /** The number of terms of the text. */
  length: number
  /** The number of occurrences in the text, for each term that matches the search. */
  counts: Map<string, number>
}

/**
 * Ranks the texts that contain one of the terms, or a term that begins with the last of them. The
 * result is not sorted.
 */
export function rank(texts: readonly string[], terms: readonly string[]): Ranked[] {
  const exact = new Set(terms)
  const prefix = terms.at(-1)
  if (prefix === undefined)
    return []
  const isRelevant = (term: string): boolean => exact.has(term) || term.startsWith(prefix)
  const documents = texts.map(text => countTerms(text, isRelevant))
  const weights = weighTerms(documents, exact)
  const averageLength = documents.reduce((sum, { length }) => sum + length, 0) / documents.length
  const ranked: Ranked[] = []
  for (const [position, document] of documents.entries()) {
    const score = scoreOf(document, weights, averageLength)
    if (score > 0)
      ranked.push({ position, score })
  }
  return ranked
}

function countTerms(text: string, isRelevant: (term: string) => boolean): TermCounts {
  const terms = tokenize(text)
  const counts = new Map<string, number>()
  for (const term of terms) {
    if (isRelevant(term))
      counts.set(term, (counts.get(term) ?? 0) + 1)
  }
  return { length: terms.length, counts }
}

/** A term has a greater weight if fewer documents contain it. */
function weighTerms(documents: TermCounts[], exact: Set<string>): Map<string, number> {
  const frequencies = new Map<string, number>()
  for (const { counts } of documents) {
    for (const term of counts.keys())
      frequencies.set(term, (frequencies.get(term) ?? 0) + 1)
  }
  const matched = [...frequencies.keys()].sort((one, other) => compareTerms(one, other, exact))
  return new Map(matched.slice(0, MAX_MATCHED_TERMS).map((term) => {
    const frequency = frequencies.get(term)!
    const rarity = Math.log(1 + (documents.length - frequency + 0.5) / (frequency + 0.5))
    return [term, rarity * (exact.has(term) ? 1 : PREFIX_WEIGHT)]
  }))
}

/** Exact matches are preferred to terms that only begin with the last term. */
function compareTerms(one: string, other: string, exact: Set<string>): number {
  const preference = Number(exact.has(other)) - Number(exact.has(one))
  if (preference !== 0)
    return preference
  return one < other ? -1 : 1
}

function scoreOf({ length, counts }: TermCounts, weights: Map<string, number>, averageLength: number): number {
  let score = 0
  for (const [term, count] of counts) {
    const saturation = count / (count + K1 * (1 - B + B * length / averageLength))
    score += (weights.get(term) ?? 0) * (K1 + 1) * saturation
  }
  return score
}
