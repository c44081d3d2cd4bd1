/** Errors of the Vite plugin, of Nuxt in development, and of the command line. */
import type { ErrorDefinition } from './error-definition.ts'

export const devErrors = {
  DEPLOYMENT_URL_INVALID: {
    scopes: ['dev'],
    why: ({ name, value }: { name: string, value: string }): string => {
      if (name === 'CONVEX_DEPLOYMENT')
        return `CONVEX_DEPLOYMENT is "${value}", and the address of this deployment cannot be derived from its name.`
      return `${name} is "${value}", which is not the address of a deployment.`
    },
    fix: ({ name }: { name: string, value: string }): string => {
      if (name === 'CONVEX_DEPLOYMENT')
        return 'Set VITE_CONVEX_URL to the address of the deployment, or remove both to use the embedded deployment.'
      return `Set ${name} to an address without a path, such as https://happy-otter-123.convex.cloud, or remove it to `
        + 'use the embedded deployment.'
    },
    reference: '`VITE_CONVEX_URL`, `VITE_CONVEX_SITE_URL` or `CONVEX_DEPLOYMENT` does not name a deployment.',
    referenceFix: 'Set `VITE_CONVEX_URL` to an address such as `https://happy-otter-123.convex.cloud`, or remove the '
      + 'variables to use the embedded deployment.',
  },
  SITE_URL_UNKNOWN: {
    scopes: ['dev'],
    why: (url: string): string =>
      `VITE_CONVEX_URL is ${url}, from which the address of the HTTP actions cannot be derived.`,
    fix: 'Set VITE_CONVEX_SITE_URL to the address of the HTTP actions, where Better Auth runs.',
    reference: 'The deployment is not on `convex.cloud`, and `VITE_CONVEX_SITE_URL` is not set.',
  },
  SEED_INVALID: {
    scopes: ['dev'],
    why: (seed: string): string => `The option \`seed\` is "${seed}", and no mutation or action has this path.`,
    fix: 'Pass the path of an exported mutation or action, such as `seed:default` for the default export of '
      + '`convex/seed.ts`.',
    reference: 'The option `seed` does not name a mutation or action.',
  },
  SEED_FAILED: {
    scopes: ['dev'],
    why: ({ path, message }: { path: string, message: string }): string =>
      `The seed function ${path} failed: ${message}`,
    fix: 'Correct the function, and start the server again: it runs until it has succeeded once.',
    reference: 'The function of the option `seed` threw an error.',
  },
} satisfies Record<string, ErrorDefinition>
