/** The blocks of code that are neither examples of `readExamples` nor commands, with the reason for each of them. */

export interface OtherBlocks {
  page: string
  language: string
  /** The number of blocks. A page may have several entries of one language. */
  count: number
  /** Why the tests do not execute the blocks as examples, or what executes them instead. */
  reason: string
  /** What reads, contains or replaces the blocks: a file or a folder. */
  by?: string
}

const WRONG = 'It is wrong on purpose.'
const BEFORE = 'It is the code before the migration, with the other library. The test checks its types.'
const STUB = 'It is a stub, which a command of the guide replaces or reads.'
const READ = 'The test takes the blocks from the page, and executes them.'
const SIMILAR = 'An example, which `npm run check:examples` executes, contains a similar file.'

export const OTHER_BLOCKS: OtherBlocks[] = [
  { page: 'docs/contributing/architecture.md', language: 'mermaid', count: 3, reason: 'It is a diagram.' },
  { page: 'docs/guides/awaiting.md', language: 'js', count: 1, reason: WRONG },
  { page: 'docs/guides/beside-nuxt-better-auth.md', language: 'js', count: 3, reason: 'The other module is not installed: the test builds an app with similar files and a replacement of the module.', by: 'test/nuxt/better-auth-module.test.ts' },
  { page: 'docs/guides/better-auth-on-your-server.md', language: 'html', count: 1, reason: SIMILAR, by: 'examples/nuxt-auth-on-nuxt' },
  { page: 'docs/guides/better-auth-on-your-server.md', language: 'js', count: 1, reason: SIMILAR, by: 'examples/nuxt-auth-on-nuxt' },
  { page: 'docs/guides/better-auth-on-your-server.md', language: 'typescript', count: 8, reason: READ, by: 'test/convex/own-server-guide.test.ts' },
  { page: 'docs/guides/better-auth-on-your-server.md', language: 'typescript', count: 1, reason: STUB },
  { page: 'docs/guides/better-auth-tokens.md', language: 'js', count: 1, reason: SIMILAR, by: 'examples/hono-routes' },
  { page: 'docs/guides/better-auth-tokens.md', language: 'typescript', count: 4, reason: SIMILAR, by: 'examples/vue-cross-domain' },
  { page: 'docs/guides/convex-functions.md', language: 'typescript', count: 1, reason: SIMILAR, by: 'examples/local-install' },
  { page: 'docs/guides/deploying.md', language: 'caddyfile', count: 1, reason: 'It needs a Caddy server.' },
  { page: 'docs/guides/deploying.md', language: 'js', count: 1, reason: 'It consists of two options, which differ for each native shell.' },
  { page: 'docs/guides/deploying.md', language: 'json', count: 2, reason: READ, by: 'test/docs/hosts.test.ts' },
  { page: 'docs/guides/deploying.md', language: 'nginx', count: 1, reason: 'It needs an nginx server.' },
  { page: 'docs/guides/forms.md', language: 'html', count: 2, reason: 'They use components of Nuxt UI, which is not installed, and of FormKit, with which the test mounts a form.', by: 'test/unit/composables/form/use-convex-form.formkit.test.ts' },
  { page: 'docs/guides/from-better-convex-nuxt.md', language: 'html', count: 1, reason: BEFORE, by: 'test/docs/before.test.ts' },
  { page: 'docs/guides/from-convex-react.md', language: 'jsx', count: 1, reason: BEFORE, by: 'test/docs/before.test.ts' },
  { page: 'docs/guides/from-convex-vue.md', language: 'html', count: 1, reason: BEFORE, by: 'test/docs/before.test.ts' },
  { page: 'docs/guides/from-nuxt-convex-module.md', language: 'html', count: 1, reason: BEFORE, by: 'test/docs/before.test.ts' },
  { page: 'docs/guides/from-tanstack-query.md', language: 'html', count: 1, reason: BEFORE, by: 'test/docs/before.test.ts' },
  { page: 'docs/guides/local-install.md', language: 'typescript', count: 6, reason: READ, by: 'test/convex/local-install-guide.test.ts' },
  { page: 'docs/guides/local-install.md', language: 'typescript', count: 2, reason: STUB },
  { page: 'docs/guides/local-install.md', language: 'typescript', count: 1, reason: SIMILAR, by: 'examples/local-install' },
  { page: 'docs/guides/local-install.md', language: 'typescript', count: 1, reason: 'It is one line. The test contains the file.', by: 'test/convex/apps/custom-mutation/convex/auth.ts' },
  { page: 'docs/guides/local-install.md', language: 'typescript', count: 1, reason: 'It needs the tables of a component. The test runs a similar migration.', by: 'test/convex/apps/guides-migration/convex/moveAuth.ts' },
  { page: 'docs/guides/nuxt.md', language: 'js', count: 2, reason: SIMILAR, by: 'examples/nuxt-auth-on-nuxt' },
  { page: 'docs/guides/playground-pages.md', language: 'js', count: 15, reason: 'It is an excerpt of the playground, whose pages the tests in browsers visit.', by: 'docs/site/recordings.ts' },
  { page: 'docs/guides/server-rendering-with-vite.md', language: 'html', count: 1, reason: READ, by: 'test/docs/vite-ssr.test.ts' },
  { page: 'docs/guides/stores.md', language: 'js', count: 1, reason: WRONG },
  { page: 'docs/reference/mock.md', language: 'typescript', count: 1, reason: SIMILAR, by: 'examples/storybook' },
  { page: 'docs/reference/presence.md', language: 'js', count: 1, reason: 'It needs a component, with which the test runs an app.', by: 'test/convex-components/apps/presence/convex/rooms.ts' },
]
