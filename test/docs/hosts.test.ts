// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { examples, pages } from './examples.ts'

const PAGE = 'docs/guides/deploying.md'

/** Routes of Better Auth, and pages of the app. */
const AUTH = ['/api/auth/ok', '/api/auth/sign-in/email', '/api/auth/callback/google']
const PAGES = ['/', '/tasks', '/tasks/1', '/apiary']

/** The JSON file of the page that contains a text. */
function jsonWith(text: string): any {
  const blocks = [...pages.get(PAGE)!.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, json]) => json!)
  return JSON.parse(blocks.find(block => block.includes(text))!)
}

function exampleOf(file: string): string {
  return examples.find(example => example.page === PAGE && example.file === file)!.code
}

/** Whether a pattern such as `/api/auth/*` contains a path. */
function matches(pattern: string, path: string): boolean {
  return new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(path)
}

/** The destination of a path on Vercel: a function in `api`, otherwise that of the first rewrite whose source matches. */
function vercelDestination(path: string): string | undefined {
  const { rewrites } = jsonWith('rewrites') as { rewrites: { source: string, destination: string }[] }
  return rewrites.find(({ source }) => new RegExp(`^${source.replace(/:\w+\*/g, '.*')}$`).test(path))?.destination
}

describe('the files for hosts', () => {
  it('lead to the function on Vercel for each Better Auth route, and to the app for other paths', () => {
    expect(exampleOf('api/auth.ts')).toContain('export default')
    expect(AUTH.map(vercelDestination)).toEqual(AUTH.map(() => '/api/auth'))
    expect(PAGES.map(vercelDestination)).toEqual(PAGES.map(() => '/index.html'))
  })

  it('lead to the function on Netlify for each route of Better Auth, and not for other paths', () => {
    const [, path] = /config = \{ path: '([^']+)' \}/.exec(exampleOf('netlify/functions/auth.ts'))!
    expect(AUTH.filter(route => !matches(path!, route))).toEqual([])
    expect(PAGES.filter(route => matches(path!, route))).toEqual([])
  })

  it('lead to the worker on Cloudflare for each route of Better Auth, and not for other paths', () => {
    const { main, assets, compatibility_flags: flags } = jsonWith('run_worker_first')
    expect(exampleOf(main)).toContain('export default')
    expect(flags).toContain('nodejs_compat')
    const runsFirst = (path: string): boolean => assets.run_worker_first.some((pattern: string) => matches(pattern, path))
    expect(AUTH.filter(path => !runsFirst(path))).toEqual([])
    expect(PAGES.filter(runsFirst)).toEqual([])
  })
})
