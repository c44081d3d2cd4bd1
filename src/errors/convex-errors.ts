/** Errors of `convue/convex`: a set-up that cannot work inside Convex functions. */
import type { ErrorDefinition } from './error-definition.ts'

/** A look-up for which the table has no index. */
interface UnindexedLookup {
  table: string
  /** The fields of the index to add, in their order; one list for each index. */
  indexes: string[][]
}

/** The place at which the secret of the HTTP database is missing or too short. */
interface SecretProblem {
  place: 'deployment' | 'server'
  problem: 'missing' | 'short'
}

function writeSecretProblem(place: SecretProblem['place'], problem: SecretProblem['problem']): string {
  const where = place === 'deployment' ? 'On the deployment' : 'On the app\'s server'
  const what = problem === 'missing' ? 'is not set' : 'has fewer than 32 characters, and is not accepted'
  return `${where}, the secret for the auth tables ${what}.`
}

function writeIndex(fields: string[]): string {
  return `\`.index('by_${fields.join('_and_')}', [${fields.map(field => `'${field}'`).join(', ')}])\``
}

export const convexErrors = {
  CONVEX_OPTION_INVALID: {
    scopes: ['convex'],
    why: (problem: string): string => `An option of \`convue/convex\` is invalid: ${problem}.`,
    fix: 'Correct the option: see its description in the API reference.',
    reference: 'An option of `convue/convex` is invalid. The message names the option and the reason.',
  },
  MAIL_SENDER_MISSING: {
    scopes: ['convex'],
    why: 'A mail was sent, but `createMailer` has no option `send`, and this deployment has no mailbox.',
    fix: 'Pass `send`, a function that sends a mail through your provider.',
    docs: 'reference/convex.md#mails',
  },
  ISSUER_MISSING: {
    scopes: ['convex'],
    why: 'The option `issuer` of `convex()` is undefined, so Convex rejects the tokens of this server.',
    fix: 'Set the variable that contains the address of the server, such as `SITE_URL`, both on the server and on the '
      + 'deployment.',
    docs: 'guides/better-auth-on-your-server.md#keys',
  },
  JWKS_INVALID: {
    scopes: ['convex'],
    why: (problem: string): string => `The value of \`jwks\` is not a list of signing keys: ${problem}.`,
    fix: 'Set the environment variable again: `npx convex run auth:getLatestJwks | npx convex env set JWKS`.',
    reference: 'The value of `jwks` is not a list of signing keys, as `getLatestJwks` returns it.',
    docs: 'guides/better-auth-tokens.md#static-keys',
  },
  SIGNING_KEY_MISSING: {
    scopes: ['convex'],
    why: 'There is no key with which a token can be signed: `jwks` contains only public keys, or the table `jwks` '
      + 'could not be written.',
    fix: 'With `jwks`, write the variable again as `getLatestJwks` returns it. Without `jwks`, request the first token '
      + 'through the HTTP route, since a query cannot create a key.',
    docs: 'guides/better-auth-tokens.md#static-keys',
  },
  SIGNING_KEY_UNREADABLE: {
    scopes: ['convex'],
    why: 'The signing key cannot be decrypted: it was encrypted with another secret of Better Auth.',
    fix: 'Restore the previous `BETTER_AUTH_SECRET`, or create new keys: `npx convex run auth:rotateKeys '
      + '\'{"revoke":true}\' | npx convex env set JWKS`.',
    docs: 'guides/better-auth-tokens.md#rotating-keys',
  },
  CONVEX_CONTEXT_INVALID: {
    scopes: ['convex'],
    why: (name: string): string => `\`${name}\` was called without the context of a Convex function.`,
    fix: 'Pass the `ctx` that the handler of a query, mutation, action or HTTP action receives as its first argument.',
    reference: 'A helper of `convue/convex` was called without the context of a Convex function.',
  },
  AUTH_LOOKUP_MISSING: {
    scopes: ['convex'],
    why: (model: string): string =>
      `The table \`${model}\` cannot be read here, since \`defineAuthFunctions\` has no option \`functions\`.`,
    fix: 'Pass the internal function `findOne` of the database adapter as `functions: { findOne }`. Actions have no '
      + '`ctx.db`, and only the adapter knows which index finds a row by a field other than its id.',
    reference: 'The auth tables are in the app\'s own schema, `defineAuthFunctions` has no option `functions`, and an '
      + 'action reads the user or the session, or a predicate reads a member of an organization.',
    docs: 'guides/convex-functions.md#actions',
  },
  AUTH_BASE_PATH_MISMATCH: {
    scopes: ['convex'],
    why: ({ registered, configured }: { registered: string, configured: string }): string =>
      `The auth routes are registered at \`${registered}\`, but Better Auth answers at \`${configured}\`.`,
    fix: 'Pass the same `basePath` to `registerAuthRoutes` and to `betterAuth`.',
    reference: '`registerAuthRoutes` has another `basePath` than Better Auth, which would answer each request with '
      + 'status 404.',
    docs: 'guides/convex-functions.md#http-routes',
  },
  AUTH_TABLE_MISSING: {
    scopes: ['convex'],
    why: (table: string): string => `Better Auth uses the table \`${table}\`, which the app's schema does not have.`,
    fix: 'Run `npx auth generate` again, and add the tables that it writes to `defineSchema` in `convex/schema.ts`.',
    reference: 'Better Auth uses a table that the app\'s schema does not have, for example after a plugin was added.',
    docs: 'guides/local-install.md#the-tables',
  },
  AUTH_FIELD_MISSING: {
    scopes: ['convex'],
    why: ({ table, field }: { table: string, field: string }): string =>
      `Better Auth uses the field \`${field}\` of the table \`${table}\`, which the app's schema does not have.`,
    fix: 'Run `npx auth generate` again, or add the field to the table.',
    reference: 'Better Auth uses a field that a table of the app does not have, for example after a plugin was added.',
    docs: 'guides/local-install.md#the-tables',
  },
  AUTH_INDEX_MISSING: {
    scopes: ['convex'],
    why: ({ table, indexes }: UnindexedLookup): string =>
      `Better Auth looks up rows of the table \`${table}\` by ${indexes.map(fields => `\`${fields.join('`, `')}\``)
        .join(' or ')}, and no index begins with these fields. Such a look-up reads the whole table.`,
    fix: ({ indexes }: UnindexedLookup): string =>
      `Add ${indexes.map(writeIndex).join(' and ')} to the table.`,
    reference: 'Better Auth looks up rows of a table by fields that no index begins with. In development, such a '
      + 'look-up is refused. In production, it reads the whole table, and the message is a warning in the log.',
    referenceFix: 'Add the index that the message names to the table.',
    docs: 'guides/local-install.md#indexes',
  },
  AUTH_ID_UNSUPPORTED: {
    scopes: ['convex'],
    why: (table: string): string =>
      `Better Auth creates a row of the table \`${table}\` with an id of its own, but Convex chooses the ids.`,
    fix: 'Add the field `id: v.optional(v.string())` and the index `.index(\'by_id_field\', [\'id\'])` to the table, '
      + 'so that rows can have ids of their own.',
    reference: 'Better Auth creates a row with an id of its own in a table without the field `id`: with the option '
      + '`generateId`, or for a value that can be used only once.',
    docs: 'guides/local-install.md#ids',
  },
  AUTH_ID_TAKEN: {
    scopes: ['convex'],
    why: (table: string): string => `The table \`${table}\` already has a row with this id.`,
    fix: 'Use another id. Better Auth handles this error itself where an id may be used only once.',
    reference: 'Better Auth creates a row with an id of its own that the table already has.',
  },
  AUTH_VALUE_TAKEN: {
    scopes: ['convex'],
    why: ({ table, fields }: { table: string, fields: string[] }): string =>
      `The table \`${table}\` already has a row with this value of \`${fields.join('`, `')}\`.`,
    fix: 'Use another value: the field is unique.',
    reference: 'A write would give two rows of a table the same value of a unique field, such as the email address of '
      + 'a user.',
  },
  AUTH_WRITE_REFUSED: {
    scopes: ['convex'],
    why: (table: string): string => `Better Auth writes to the table \`${table}\`, but this function is a query.`,
    fix: 'Call Better Auth in a mutation, an action or an HTTP action.',
    reference: 'Better Auth writes to a table inside a query, which can only read.',
    docs: 'guides/local-install.md#queries-mutations-and-actions',
  },
  AUTH_FUNCTIONS_MISSING: {
    scopes: ['convex'],
    why: 'Better Auth runs in an action or an HTTP action, which reach the tables only through internal functions, '
      + 'and `defineAuthDatabase` has no option `functions`.',
    fix: 'Export the functions of `database.functions` in a file of your `convex/` folder, and pass this file\'s part '
      + 'of `internal` as `functions`.',
    docs: 'guides/local-install.md#queries-mutations-and-actions',
  },
  AUTH_MUTATION_PUBLIC: {
    scopes: ['convex'],
    why: 'The option `mutation` of `defineAuthDatabase` makes public mutations, so every client could write to the '
      + 'auth tables.',
    fix: 'Build the mutation from `internalMutation`: `customMutation(internalMutation, …)`.',
    docs: 'guides/local-install.md#a-custom-mutation',
  },
  AUTH_TABLE_REFUSED: {
    scopes: ['convex'],
    why: (table: string): string =>
      `The app's server uses the table \`${table}\`, which is not among the \`tables\` of `
      + '`registerAuthDatabaseRoute`.',
    fix: 'If it is a table of Better Auth, run `npx auth generate` again and deploy. Other tables of the app cannot '
      + 'be used.',
    reference: 'The app\'s server uses a table that is not among the `tables` of `registerAuthDatabaseRoute`, '
      + 'directly, in a join, or because a row of another table is deleted.',
    docs: 'guides/better-auth-on-your-server.md#the-route',
  },
  AUTH_DATABASE_SECRET_MISSING: {
    scopes: ['convex'],
    why: ({ place, problem }: SecretProblem): string => writeSecretProblem(place, problem),
    fix: 'Set the variable `AUTH_DATABASE_SECRET` to the same random text of at least 32 characters on the deployment '
      + 'and on the app\'s server, for example to the output of `openssl rand -base64 32`.',
    reference: 'The secret between the app\'s server and the deployment is not set on one of them, or has fewer than '
      + '32 characters. The deployment refuses all requests until it has a secret.',
    docs: 'guides/better-auth-on-your-server.md#secrets',
  },
  AUTH_DATABASE_REFUSED: {
    scopes: ['convex'],
    why: 'The deployment does not accept the secret of this server.',
    fix: 'Set `AUTH_DATABASE_SECRET` to the same value on the deployment and on the app\'s server. The log of the '
      + 'deployment shows an error if its secret is missing or too short.',
    docs: 'guides/better-auth-on-your-server.md#secrets',
  },
  AUTH_DATABASE_ROUTE_MISSING: {
    scopes: ['convex'],
    why: (url: string): string => `The deployment has no route for the auth tables at ${url}.`,
    fix: 'Call `registerAuthDatabaseRoute` in `convex/http.ts`, and use the address that ends with `.convex.site` as '
      + '`siteUrl` of `convexDatabase`, with the same `path`.',
    reference: 'The deployment has no route for the auth tables at the address to which `convexDatabase` has sent a '
      + 'request.',
    docs: 'guides/better-auth-on-your-server.md#the-route',
  },
  AUTH_DATABASE_REQUEST_INVALID: {
    scopes: ['convex'],
    why: (problem: string): string => `A statement could not be sent to the deployment: ${problem}.`,
    fix: 'Use the same version of Convue on the deployment and on the app\'s server, and store only values that '
      + 'Convex accepts: no row may be larger than 1 MiB.',
    reference: 'The deployment does not accept a request of `convexDatabase`, because it has another version of '
      + 'Convue, or a value cannot be stored in Convex, or a statement is too large.',
  },
  AUTH_DATABASE_UNREACHABLE: {
    scopes: ['convex'],
    why: ({ url, problem }: { url: string, problem: string }): string =>
      `The deployment could not be reached at ${url}: ${problem}.`,
    fix: 'Try again later. If every attempt fails, check the address of the deployment. A statement that writes may '
      + 'have been executed, so Convue does not repeat it.',
    reference: 'The deployment could not be reached by `convexDatabase`, did not answer in time, or the answer did not '
      + 'come from the route.',
  },
  AUTH_STATEMENT_FAILED: {
    scopes: ['convex'],
    why: 'A statement of Better Auth failed on the deployment.',
    fix: 'Read the error in the log of the deployment. It is not sent to the app\'s server, since it may contain '
      + 'values of rows.',
    docs: 'guides/better-auth-on-your-server.md#errors',
  },
  OFFLINE_RESULT_TOO_LONG: {
    scopes: ['convex'],
    why: (limit: number): string => `The result of an offline mutation has more than ${limit} characters of JSON.`,
    fix: 'Return less, such as the id of a row. The result is stored with the key of the call.',
    reference: 'The result of an offline mutation has more than 262,144 characters of JSON, so it cannot be stored.',
    docs: 'reference/outbox.md#the-mutation',
  },
} satisfies Record<string, ErrorDefinition>
