/** The options of the site's search: which words it compares, and which pages come first. */

/**
 * Returns the term under which a word is indexed and searched, or `null` for a word that says nothing about the topic.
 * Words with the same stem have the same term: `pause`, `paused` and `pausing`. VitePress passes the source text of these
 * functions to the page, so they use nothing outside of themselves.
 */
function processTerm(word: string): string | null {
  const term = word.toLowerCase()
  if (/^(?:an?|and|are|as|at|be|by|can|do|does|for|from|get|has|have|how|i|if|in|into|is|it|its|me|my|of|on|or|that|the|their|this|to|until|want|was|what|when|where|which|while|why|with|you|your)$/.test(term))
    return null
  if (!/^[a-z]{4,}$/.test(term))
    return term
  const stem = term.replace(/(?:ies|y)$/, 'i').replace(/(?:ing|ed|es|e|s)$/, '').replace(/([bdgmnprt])\1$/, '$1')
  return stem.length < 3 ? term : stem
}

/** Pages that mention every topic, or that repeat another page, come after the pages that explain a topic. */
function boostDocument(id: string): number {
  if (/\/(?:(?:changelog|benchmarks|security|stability)#|contributing\/)/.test(id))
    return 0.2
  return /\/(?:reference\/api\/|guides\/(?:from-|comparison))/.test(id) ? 0.4 : 1
}

export const search = {
  provider: 'local' as const,
  options: {
    miniSearch: {
      options: { processTerm },
      searchOptions: {
        // A short word is not similar to another one, but a long word may have a mistake.
        fuzzy: (term: string) => term.length > 5 ? 0.2 : false,
        boostDocument,
      },
    },
  },
}
