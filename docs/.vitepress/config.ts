/** The configuration of the site. Its sidebar comes from `docs/README.md`. */
import type { DefaultTheme } from 'vitepress'
import type { IndexGroup } from '../site/index-page.ts'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import llmstxt from 'vitepress-plugin-llms'
import { homepage } from '../site/addresses.ts'
import { anchorOf, extendMarkdown } from '../site/markdown.ts'
import { search } from '../site/search.ts'
import { docsIndex, pageAddress } from '../site/site-pages.ts'

const DESCRIPTION = 'Live, authenticated Convex queries for Vue 3 and Nuxt, with Better Auth.'

const { groups } = docsIndex()
const isApi = ({ title }: IndexGroup): boolean => title === 'API reference'

const sidebar: DefaultTheme.SidebarItem[] = [
  ...groups.filter(group => !isApi(group)).map(writeGroup),
  {
    text: 'Project',
    items: [
      { text: 'Examples', link: '/examples' },
      { text: 'Benchmarks', link: '/benchmarks' },
      { text: 'Security', link: '/security' },
      { text: 'Stability', link: '/stability' },
      { text: 'Changelog', link: '/changelog' },
    ],
  },
]

function writeGroup({ title, links }: IndexGroup): DefaultTheme.SidebarItem {
  return {
    text: title,
    items: links.map(({ title, page, anchor }) => ({ text: page === 'README.md' ? 'Overview' : title, link: pageAddress(page, anchor) })),
  }
}

export default defineConfig({
  title: 'Convue',
  description: DESCRIPTION,
  lang: 'en',
  base: new URL(homepage).pathname,
  cleanUrls: true,
  srcDir: '.vitepress/pages',
  head: [['link', { rel: 'icon', href: `${new URL(homepage).pathname}mark.svg` }]],
  sitemap: { hostname: homepage },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // The highlighter does not know the language of Caddy.
    languageAlias: { caddyfile: 'nginx' },
    anchor: { slugify: anchorOf },
    config: extendMarkdown,
  },
  themeConfig: {
    logo: '/mark.svg',
    search,
    outline: [2, 3],
    sidebar: { '/reference/api/': groups.filter(isApi).map(writeGroup), '/': sidebar },
    nav: [
      { text: 'Guides', link: '/documentation' },
      { text: 'API', link: '/reference/api/' },
      { text: 'Errors', link: '/reference/errors' },
      { text: 'Changelog', link: '/changelog' },
    ],
    footer: { message: 'MIT license. The tests execute the examples of these pages, and list those that they do not execute.' },
  },
  vite: {
    publicDir: join(import.meta.dirname, '../public'),
    // The other entry of this package imports files that its dependencies no longer have.
    resolve: { alias: [{ find: /^mermaid$/, replacement: 'mermaid/dist/mermaid.esm.min.mjs' }] },
    // The types of this plugin are those of another version of Vite than VitePress has.
    plugins: [llmstxt({ domain: homepage.replace(/\/$/, ''), description: DESCRIPTION }) as any],
    build: { chunkSizeWarningLimit: 4000 },
  },
})
