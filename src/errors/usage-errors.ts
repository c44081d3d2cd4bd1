/** Errors of set-up and use: an option, a function reference or arguments that cannot be used. */
import type { ErrorDefinition } from './error-definition.ts'

export const usageErrors = {
  URL_INVALID: {
    scopes: ['client', 'server'],
    why: (params: { url: unknown } | { problem: string }): string => {
      if ('problem' in params)
        return `\`convexUrl\` is not the address of a deployment: ${params.problem}.`
      const { url } = params
      if (!url)
        return '`url` is missing.'
      if (/\.convex\.site/i.test(String(url)))
        return `\`url\` is not the address of a deployment, but of its HTTP actions: ${url}.`
      return `\`url\` is not an absolute http(s) address: ${url}.`
    },
    fix: 'Pass the whole address of the deployment, such as `https://happy-otter-123.convex.cloud`. It usually '
      + 'comes from an environment variable (`VITE_CONVEX_URL`, in Nuxt `CONVEX_URL`): check that the variable is set.',
    reference: '`url` of `createConvex` or `convexUrl` of `createConvexServer` is missing, is not an absolute http(s) '
      + 'address, or is the address of the HTTP actions (`.convex.site`).',
  },
  AUTH_SOURCE_CONFLICT: {
    scopes: ['client'],
    why: 'Both `authClient` and `tokenSource` were passed.',
    fix: 'Pass only one of them.',
  },
  AUTH_CLIENT_INVALID: {
    scopes: ['client'],
    why: '`authClient` is not a Better Auth client.',
    fix: 'Pass `createAuthClient({ plugins: [convexClient()] })` from `better-auth/vue`.',
  },
  CLIENT_OPTION_INVALID: {
    scopes: ['client'],
    why: (option: string): string => `\`clientOptions\` contains \`${option}\`, which Convue sets itself.`,
    fix: 'Remove the option. Convue opens a client in browsers only, and authenticates each client once.',
    reference: '`clientOptions` contains `disabled`, `expectAuth` or `initialAuthTokenReuse`, which Convue sets '
      + 'itself.',
    docs: 'reference/plugin.md#options-of-the-convex-client',
  },
  PLUGIN_MISSING: {
    scopes: ['client'],
    why: (composable: string): string =>
      `${composable} did not find the Convue plugin. Either the app does not use the plugin, `
      + 'or no component is being set up, for example after an `await` outside `<script setup>`.',
    fix: 'Call `app.use(createConvex({ url }))`. To await several queries, await them together with `Promise.all`. '
      + 'After an `await`, call the composable in `app.runWithContext`.',
    reference: 'A composable did not find the plugin. Either the app does not use the plugin, or no component is being '
      + 'set up, for example after an `await` outside `<script setup>`.',
    docs: 'guides/awaiting.md',
  },
  CLIENT_UNAVAILABLE: {
    scopes: ['client'],
    why: 'There is no Convex client on a server.',
    fix: 'Call this in the browser: in `onMounted` or in an event handler.',
  },
  CLOSED: {
    scopes: ['client'],
    why: 'This Convue plugin was closed, by `close()` or when the last app that used it was unmounted.',
    fix: 'Create another plugin with `createConvex()`, for example one for each mount in a test.',
  },
  FUNCTION_INVALID: {
    scopes: ['client', 'server'],
    why: 'The value that was passed is not a reference to a Convex function.',
    fix: 'Pass a reference from `convex/_generated/api`.',
  },
  FUNCTION_KIND_MISMATCH: {
    scopes: ['client'],
    why: (message: string): string => `This composable cannot call a function of this kind: ${message}`,
    fix: 'Use `useConvexQuery` for queries, `useConvexMutation` for mutations and `useConvexAction` for actions.',
    reference: 'The composable cannot call a function of this kind: for example, `useConvexQuery` '
      + 'received a mutation, or `useConvexPaginatedQuery` received a query that does not return pages.',
  },
  ARGS_INVALID: {
    scopes: ['client', 'server'],
    why: (problem: string | { value: unknown }): string => {
      if (typeof problem === 'string')
        return problem
      if (isEvent(problem.value))
        return 'A DOM event was passed as arguments.'
      return 'The arguments contain a value that Convex cannot store.'
    },
    fix: 'Pass an object of Convex values. In a template write `@click="mutate()"`, not `@click="mutate"`.',
    reference: 'The arguments contain a value that Convex cannot store, or a DOM event was passed as the arguments, or '
      + 'the number of items of a page is not a positive whole number.',
  },
  QUERY_KEY_RESERVED: {
    scopes: ['client'],
    why: (key: string): string =>
      `A query of \`useConvexQueries\` has the key \`${key}\`, which the returned record reserves.`,
    fix: 'Give the query another key.',
    reference: 'A query of `useConvexQueries` has the key `then` or `value`, which the returned record reserves.',
  },
} satisfies Record<string, ErrorDefinition>

export function isEvent(value: unknown): boolean {
  return typeof Event !== 'undefined' && value instanceof Event
}
