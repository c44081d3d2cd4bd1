/** Reads `docs/README.md`: its sections become the sidebar of the site, and its sentences the descriptions of the pages. */

export interface IndexLink {
  title: string
  /** The path of the page in the repository, such as `docs/guides/nuxt.md`. */
  page: string
  anchor?: string
}

export interface IndexGroup {
  title: string
  links: IndexLink[]
}

export interface DocsIndex {
  groups: IndexGroup[]
  /** The description of each page in one sentence, by the path of the page. */
  descriptions: Map<string, string>
}

const LINK = /\[([^\]]+)\]\(([^)#]+)(?:#([^)]+))?\)/

/** A group for each section, or for each line that ends with a colon in a section. The column *API* is a group of its own. */
export function readIndex(text: string): DocsIndex {
  const groups: IndexGroup[] = []
  const api: IndexGroup = { title: 'API reference', links: [{ title: 'All exports', page: 'docs/reference/api/README.md' }] }
  const descriptions = new Map<string, string>()
  for (const line of text.split('\n')) {
    const title = /^## (.*)$/.exec(line)?.[1] ?? /^(\S.*):$/.exec(line)?.[1]
    if (title)
      groups.push({ title, links: [] })
    const [first = '', ...others] = line.startsWith('| [') ? line.slice(1, -1).split(' | ') : []
    const link = readLink(first)
    if (!link)
      continue
    groups.at(-1)!.links.push(link)
    const sentence = others.at(-1)!.trim()
    if (!link.anchor)
      descriptions.set(link.page, plainText(sentence))
    const generated = others.length > 1 ? readLink(others[0]!) : undefined
    if (generated && !api.links.some(({ page }) => page === generated.page)) {
      api.links.push({ ...generated, title: link.title })
      descriptions.set(generated.page, `Every export: ${plainText(sentence)}`)
    }
  }
  const found = groups.filter(({ links }) => links.length > 0)
  const reference = found.findIndex(({ title }) => title === 'Reference')
  found.splice(reference + 1, 0, api)
  return { groups: found, descriptions }
}

/** Markdown without its marks. */
export function plainText(markdown: string): string {
  return markdown.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '').replace(/\\</g, '<').trim()
}

function readLink(cell: string): IndexLink | undefined {
  const [, title, path, anchor] = LINK.exec(cell) ?? []
  if (!title || !path)
    return undefined
  const page = path.startsWith('../') ? path.slice('../'.length) : `docs/${path}`
  return { title: plainText(title), page, ...anchor ? { anchor } : {} }
}
