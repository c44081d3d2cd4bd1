/** The built site without a browser: its pages, their links, and the files for language models. */
import { describe, expect, it } from 'vitest'
import { sitePath, sourcePages } from '../../docs/site/site-pages.ts'
import { ConvueError } from '../../src/errors/convue-error.ts'
import { errorCodes } from '../support/docs/error-reference.ts'
import { readSite, siteFiles } from './built-site.ts'

const files = siteFiles()
const htmlFiles = files.filter(file => file.endsWith('.html') && file !== '404.html')
const idsOf = new Map(htmlFiles.map(file => [file, new Set([...readSite(file).matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!))]))

/** The file that a static host serves for an address. */
function fileOf(pathname: string): string | undefined {
  const path = decodeURI(pathname).slice(1)
  return [path, `${path}.html`, `${path}index.html`].find(file => files.includes(file))
}

describe('the site', () => {
  it('contains every page of the documentation', () => {
    const expected = sourcePages().map(source => sitePath(source).replace(/\.md$/, '.html'))
    expect(expected.length).toBeGreaterThan(50)
    expect(expected.filter(file => !htmlFiles.includes(file))).toEqual([])
  })

  it('has no link to a page or a section that does not exist', () => {
    let links = 0
    const dead = htmlFiles.flatMap(file => [...readSite(file).matchAll(/<(?:a|link)\s[^>]*?href="([^"]+)"/g)].flatMap(([, href]) => {
      const { host, pathname, hash } = new URL(href!.replaceAll('&amp;', '&'), `https://site.test/${file.replace(/(?:index)?\.html$/, '')}`)
      if (host !== 'site.test')
        return []
      links++
      const target = fileOf(pathname)
      const isFound = target && (!hash || idsOf.get(target)?.has(decodeURIComponent(hash.slice(1))))
      return isFound ? [] : [`${file}: ${href}`]
    }))
    expect(links).toBeGreaterThan(1000)
    expect(dead).toEqual([])
  })

  it('has each image, film and picture of a film that its pages show', () => {
    const shown = htmlFiles.flatMap(file => [...readSite(file).matchAll(/<(?:img|video|source)\s[^>]*>/g)]
      .flatMap(([tag]) => [...tag.matchAll(/\s(?:src|poster)="([^"]+)"/g)])
      .map(([, address]) => ({ file, address: address!, url: new URL(address!.replaceAll('&amp;', '&'), `https://site.test/${file}`) })))
    expect(shown.length).toBeGreaterThan(20)
    const missing = shown.filter(({ url }) => url.host === 'site.test' && !files.includes(decodeURI(url.pathname).slice(1)))
    expect(missing.map(({ file, address }) => `${file}: ${address}`)).toEqual([])
  })

  it('shows no relative address of the repository', () => {
    const relative = htmlFiles.filter(file => /<a [^>]*?href="(?!\w+:)[^"]*(?:\.md|\.ts|\.\.\/)[#"]/.test(readSite(file)))
    expect(relative).toEqual([])
  })

  it('has a search index', () => {
    expect(files.some(file => /localSearchIndex/.test(file))).toBe(true)
  })
})

describe('ConvueError', () => {
  it('links each code to its page on the site', () => {
    expect(errorCodes.length).toBeGreaterThan(50)
    for (const code of errorCodes) {
      const { docs } = new ConvueError({ code: code as ConvueError['code'], why: '', fix: '' })
      const file = fileOf(new URL(docs).pathname)
      expect(file, docs).toBeDefined()
      expect(readSite(file!), docs).toMatch(new RegExp(`<h1[^>]*><code>${code}</code>[\\s\\S]*<strong>Fix:</strong>`))
    }
  })
})

describe('the files for language models', () => {
  it('list every page in llms.txt, and have each page as Markdown', () => {
    const list = readSite('llms.txt')
    const addresses = [...list.matchAll(/^- \[.*?\]\((\S+?\.md)\)/gm)].map(([, address]) => new URL(address!).pathname.slice(1))
    const pages = htmlFiles.filter(file => file !== 'index.html')
    expect(addresses.length).toBeGreaterThanOrEqual(pages.length)
    expect(addresses.filter(address => !files.includes(address))).toEqual([])
    expect(pages.filter(file => !files.includes(file.replace(/(?:\/index)?\.html$/, '.md')))).toEqual([])
    expect(readSite('guides/awaiting.md')).toMatch(/^# Awaiting queries$/m)
    expect(readSite('llms-full.txt')).toContain('# Awaiting queries')
  })
})
