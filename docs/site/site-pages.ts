/** Turns the Markdown pages of the repository into the pages of the site: other paths and links, and front matter. */
import type { DocsIndex } from './index-page.ts'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { errorPages } from '../../test/support/docs/error-pages.ts'
import { sourceAddress } from './addresses.ts'
import { writeHome } from './home.ts'
import { plainText, readIndex } from './index-page.ts'

export const ROOT = join(import.meta.dirname, '../..')

/** Pages outside of `docs`, with their paths on the site. */
const OUTSIDE: Record<string, string> = {
  'README.md': 'overview.md',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing/index.md',
  'SECURITY.md': 'security.md',
  'STABILITY.md': 'stability.md',
  'bench/README.md': 'benchmarks.md',
  'examples/README.md': 'examples.md',
}

const DESCRIPTIONS: Record<string, string> = {
  'CHANGELOG.md': 'What has changed, for users of Convue.',
  'CONTRIBUTING.md': 'The commands of the repository, and how to add something.',
  'SECURITY.md': 'The security promises, and the tests that prove each of them.',
  'STABILITY.md': 'What is public, for how long, and what runs where.',
  'bench/README.md': 'What Convue costs in time, requests, memory and bytes, measured.',
  'examples/README.md': 'Whole apps that start with one command.',
  'docs/README.md': 'All pages of the documentation.',
  'docs/functions.md': 'The Convex functions that the examples of this documentation call.',
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** The pages of the repository that the site shows, by their paths in the repository. */
export function sourcePages(): string[] {
  const docs = globSync('docs/**/*.md', { cwd: ROOT, exclude: path => path === 'node_modules' })
  return [...docs.map(path => path.replaceAll('\\', '/')), ...Object.keys(OUTSIDE)].sort()
}

/** The path of a page on the site, of its path in the repository. */
export function sitePath(source: string): string {
  if (source === 'docs/README.md')
    return 'documentation.md'
  return OUTSIDE[source] ?? relative('docs', source).replaceAll('\\', '/').replace(/README\.md$/, 'index.md')
}

export function docsIndex(): DocsIndex {
  return readIndex(read('docs/README.md'))
}

/** All pages of the site, by their paths on the site. */
export function sitePages(): Map<string, string> {
  const sources = sourcePages()
  const { descriptions } = docsIndex()
  const pages = new Map<string, string>()
  for (const source of sources) {
    const description = descriptions.get(source) ?? DESCRIPTIONS[source]
    pages.set(sitePath(source), withFrontMatter(writePage(source, read(source), sources), description))
  }
  for (const { code, why, text } of errorPages()) {
    const complete = text.replaceAll('](#', '](errors.md#')
    pages.set(`errors/${code}.md`, withFrontMatter(writePage('docs/reference/errors.md', complete, sources), plainText(why)))
  }
  const film = writeFilm('Two windows of the playground show the same list of tasks', 'recordings/tasks.webp', 'recordings/tasks.webm')
  pages.set('index.md', writeHome(read('README.md'), film))
  return pages
}

/** The address of a page on the site. VitePress adds the site's base path. */
export function pageAddress(source: string, anchor?: string): string {
  const path = sitePath(source).replace(/(?:index)?\.md$/, '')
  return `/${path}${anchor ? `#${anchor}` : ''}`
}

/** A film with a picture that is shown before it begins. Both are in `docs/public`. */
export function writeFilm(label: string, poster: string, film: string): string {
  return `<video controls muted playsinline preload="none" poster="/${poster}" src="/${film}" aria-label="${label}"></video>`
}

function writePage(source: string, text: string, sources: string[]): string {
  return outsideFences(inlineReferences(text), prose => prose
    // The site has its own navigation.
    .replace(/^\[Index\]\(.*\n+/m, '')
    .replace(/^<!--[\s\S]*?-->\n+/gm, '')
    // A film begins only when the user starts it.
    .replace(/\[!\[([^\]]+)\]\(\.\.\/public\/([^)]+)\)\]\(\.\.\/public\/([^)]+\.webm)\)/g, (_, label: string, poster: string, film: string) =>
      writeFilm(label, poster, film))
    .replace(/\b(src|srcset)="(?:\.\.|docs)\/public\//g, '$1="/')
    .replace(/\]\((?:\.\.|docs)\/public\/([^)]+)\)/g, '](/$1)')
    .replace(/(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\((?!\w+:)([^()\s]*)\)/g, (whole, mark: string, label: string, target: string) =>
      mark ? whole : writeLink(source, label, target, sources)))
    // The attributes of an example are for the tests.
    .replace(/^( *```\w+) .*$/gm, '$1')
}

/** Replaces links whose address is defined at the end of the page (`[label]: address`) by links with an address. */
function inlineReferences(text: string): string {
  const definition = /^\[([^\]\n]+)\]: (\S+)\n?/gm
  const addresses = new Map([...text.matchAll(definition)].map(([, label, address]) => [label!, address!]))
  if (addresses.size === 0)
    return text
  return text.replace(definition, '').replace(/\[([^[\]\n]+)\](?!\()/g, (whole, label: string) => {
    const address = addresses.get(label)
    return address ? `[${label}](${address})` : whole
  })
}

/** Links to a page of the site, or to a file on the repository's host. Without such a host, only the text remains. */
function writeLink(source: string, label: string, target: string, sources: string[]): string {
  const [path = '', anchor] = target.split('#')
  if (!path)
    return `[${label}](#${anchor})`
  const file = posix.normalize(posix.join(dirname(source), path)).replace(/\/$/, '')
  const page = [file, `${file}/README.md`].find(candidate => sources.includes(candidate))
  if (page)
    return `[${label}](${pageAddress(page, anchor)})`
  const address = sourceAddress(file)
  return address ? `[${label}](${address})` : label
}

function withFrontMatter(text: string, description: string | undefined): string {
  const title = /^# (.*)$/m.exec(text)?.[1] ?? 'Convue'
  const lines = [`title: ${JSON.stringify(plainText(title))}`, ...description ? [`description: ${JSON.stringify(description)}`] : []]
  return `---\n${lines.join('\n')}\n---\n\n${text}`
}

/** Changes a page, except inside of its fenced blocks. */
function outsideFences(text: string, change: (prose: string) => string): string {
  const parts = text.split(/^( *```[\s\S]+?^ *```$)/m)
  return parts.map((part, index) => index % 2 === 0 ? change(part) : part).join('')
}
