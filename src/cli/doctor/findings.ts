/** Every mistake that `convue doctor` can find, with its fix. */

interface FindingTexts {
  /** What is wrong. */
  what: (params: Record<string, string>) => string
  /** Why it matters. */
  why: string
  fix: (params: Record<string, string>) => string
}

export const FINDINGS = {
  VERSION_CONFLICT: {
    what: ({ name, version, needed, by }) => `${name} ${version} is installed, but ${by} works with ${name} ${needed}.`,
    why: 'Calls between the two packages fail, at the latest in production.',
    fix: ({ name, needed }) => `Run \`npm install "${name}@${needed}"\`, or change the version of the other package.`,
  },
  PACKAGE_TWICE: {
    what: ({ name, folders }) => `${name} is installed more than once: ${folders}.`,
    why: 'Each copy has its own classes and its own state, so errors are not recognised and types do not match.',
    fix: ({ name }) => `Run \`npm ls ${name}\` and \`npm dedupe\`, and install one version that all packages support.`,
  },
  VERSIONS_DO_NOT_BUILD: {
    what: ({ pair, effect }) => `${pair} are installed together, and ${effect}.`,
    why: 'The two versions also fail without Convue.',
    fix: ({ install }) => `Run \`${install}\`.`,
  },
  PACKAGE_MISSING: {
    what: ({ names }) => `The embedded deployment needs packages that are not installed: ${names}.`,
    why: 'Without them, the app has no deployment on this machine.',
    fix: ({ names }) => `Run \`npm install --save-dev ${names}\`.`,
  },
  NODE_UNSUPPORTED: {
    what: ({ version, needed }) => `This is Node ${version}, and package.json names ${needed} in \`engines\`.`,
    why: 'Other machines may run the app with a Node on which it does not start.',
    fix: () => 'Set `engines.node` to ">=22.13", and install this version of Node.',
  },
  FUNCTIONS_MISSING: {
    what: ({ folder }) => `The folder of the functions, ${folder}, does not exist.`,
    why: 'There is nothing that a deployment could run.',
    fix: () => 'Run the command in the folder of the app, or run `npx convue init`.',
  },
  AUTH_CONFIG_MISSING: {
    what: ({ file }) => `${file} does not exist.`,
    why: 'Without it, Convex accepts no token, so every user is anonymous.',
    fix: () => 'Add the file with `export default { providers: [getAuthConfigProvider()] }`.',
  },
  AUTH_ROUTES_MISSING: {
    what: ({ address, answer }) => `Better Auth does not answer at ${address}: ${answer}.`,
    why: 'Sign-up, sign-in and tokens are HTTP routes of the deployment.',
    fix: () => 'Call `registerAuthRoutes(http, createAuth)` in convex/http.ts, and export the router as default.',
  },
  FUNCTIONS_FAIL: {
    what: ({ problem }) => `The functions cannot be loaded: ${problem}`,
    why: 'Functions that cannot be loaded cannot be deployed.',
    fix: ({ fix }) => fix!,
  },
  STATIC_KEYS_MISSING: {
    what: ({ problem }) => `auth.config.ts expects static keys in JWKS, which does not contain a key: ${problem}`,
    why: 'A deployment refuses functions whose auth.config.ts cannot be evaluated.',
    fix: () => 'Run `npx convue env sync --auth`, which creates a key and sets JWKS.',
  },
  FILE_NOT_IGNORED: {
    what: ({ file }) => `Git does not ignore ${file}.`,
    why: 'It contains secrets or data of this machine, which would be published with the repository.',
    fix: ({ file }) => `Add a line with ${file} to .gitignore; if it is committed, run \`git rm --cached ${file}\`.`,
  },
  URL_INVALID: {
    what: ({ name, value }) =>
      `${name} is "${value}", which is not an address such as https://happy-otter-123.convex.cloud.`,
    why: 'The page cannot connect.',
    fix: ({ name }) => `Set ${name} to the address alone, with https:// and without a path.`,
  },
  URL_IS_SITE_URL: {
    what: ({ name, value }) => `${name} is ${value}, the address of the HTTP actions.`,
    why: 'Clients connect to the address that ends with .convex.cloud.',
    fix: ({ name, expected }) => `Set ${name} to ${expected}.`,
  },
  SITE_URL_IS_URL: {
    what: ({ name, value }) => `${name} is ${value}, the address to which clients connect.`,
    why: 'HTTP actions, and so Better Auth, are at the address that ends with .convex.site.',
    fix: ({ name, expected }) => `Set ${name} to ${expected}.`,
  },
  SITE_URL_WRONG: {
    what: ({ name, value, url }) => `${name} is ${value}, which belongs to another deployment than ${url}.`,
    why: 'Users would sign in at one deployment, and another would refuse their tokens.',
    fix: ({ name, expected }) => `Set ${name} to ${expected}.`,
  },
  SECRET_MISSING: {
    what: () => 'The deployment has no BETTER_AUTH_SECRET.',
    why: 'Better Auth signs cookies and encrypts keys with it, and refuses to run without it in production.',
    fix: ({ option }) => `Run \`npx convue env sync --auth${option}\`, which creates a secret.`,
  },
  SECRET_WEAK: {
    what: ({ problem }) => `BETTER_AUTH_SECRET is weak: ${problem}.`,
    why: 'With a secret that can be guessed, any session can be forged.',
    fix: ({ option }) => `Remove it, and run \`npx convue env sync --auth${option}\`, which creates a random secret.`,
  },
  SITE_URL_NOT_ORIGIN: {
    what: ({ siteUrl, origin }) => `SITE_URL is ${siteUrl}, but the page is at ${origin}.`,
    why: 'Better Auth refuses requests of other origins with "Invalid origin".',
    fix: ({ set }) => set!,
  },
  SITE_URL_INVALID: {
    what: ({ place, value }) => `SITE_URL ${place} is "${value}", which is not an origin such as https://example.com.`,
    why: 'Better Auth derives its addresses and the attributes of its cookies from it.',
    fix: ({ set }) => set!,
  },
  DEPLOYMENT_UNREACHABLE: {
    what: ({ url, answer }) => `The deployment does not answer at ${url}: ${answer}.`,
    why: 'Pages cannot connect.',
    fix: () => 'Check the address and the network, or start the embedded deployment with `npx convue dev`.',
  },
  CLOCK_SKEW: {
    what: ({ seconds, address }) => `The clock of this machine differs by ${seconds} s from that of ${address}.`,
    why: 'Tokens are valid for minutes: with a wrong clock, they seem to be expired or not yet valid.',
    fix: () => 'Set the clock of this machine by the network (NTP).',
  },
  PROXY_MISSING: {
    what: ({ address, answer }) => `${address} does not answer with the JSON of Better Auth: ${answer}.`,
    why: 'Cookies belong to the origin of the page, so requests to Better Auth must pass through it.',
    fix: () => 'Add the plugin `convue()` to vite.config.ts, the module `convue/nuxt`, or a rewrite of /api/auth '
      + 'to the HTTP actions of the deployment.',
  },
  CORS_MISSING: {
    what: ({ address, origin, answer }) => `${address} does not allow pages of ${origin}: ${answer}.`,
    why: 'The page is on another domain than Better Auth, so the browser refuses the answers.',
    fix: () => 'Pass `{ cors: true }` to `registerAuthRoutes` or `registerRoutes` in convex/http.ts, and set SITE_URL '
      + 'to the origin of the page.',
  },
  COOKIE_NOT_SECURE: {
    what: ({ name, origin }) => `The cookie ${name} lacks the attribute Secure, although the page is at ${origin}.`,
    why: 'The session can be read in any unencrypted request to this host.',
    fix: ({ origin, set }) => `${set}: Better Auth derives the attribute from it. The page is at ${origin}.`,
  },
  COOKIE_SECURE_ON_HTTP: {
    what: ({ name, origin }) => `The cookie ${name} is only for https, but the page is at ${origin}.`,
    why: 'Browsers refuse the cookie, so a sign-in succeeds and the user is still anonymous.',
    fix: ({ set }) => `${set}: Better Auth derives the attribute and the prefix __Secure- from it.`,
  },
  COOKIE_NOT_HTTP_ONLY: {
    what: ({ name }) => `The cookie ${name} lacks the attribute HttpOnly.`,
    why: 'Scripts of the page can read the session.',
    fix: () => 'Remove `httpOnly: false` from `advanced.defaultCookieAttributes` of Better Auth.',
  },
  JWKS_UNREACHABLE: {
    what: ({ address, answer }) => `The public keys cannot be read at ${address}: ${answer}.`,
    why: 'Convex requests the keys there to verify tokens.',
    fix: () => 'Check that `convex()` is in createAuth, and that its `issuer` is an address that Convex can reach.',
  },
  JWKS_ALGORITHM: {
    what: ({ algorithms, address }) => `The public keys at ${address} are for ${algorithms}.`,
    why: 'Convex verifies custom tokens with ES256 and RS256 only.',
    fix: () => 'Use the plugin `convex()` with `algorithm: \'ES256\'`, and run `npx convue keys rotate`.',
  },
  TOKEN_MISSING: {
    what: ({ address, answer }) => `Better Auth does not issue a token at ${address}: ${answer}.`,
    why: 'Without a token, every query runs as anonymous.',
    fix: () => 'Add `convex()` of `convue/convex` to the `plugins` of createAuth.',
  },
  ISSUER_WRONG: {
    what: ({ iss, aud }) => `auth.config.ts has no provider for tokens of the issuer ${iss} with the audience ${aud}.`,
    why: 'The deployment refuses every token, so every user is anonymous.',
    fix: () => 'Use `getAuthConfigProvider()` in auth.config.ts, with the same `issuer` as `convex()` in createAuth, '
      + 'or with none in both.',
  },
  TOKEN_REFUSED: {
    what: ({ answer }) => `The deployment refuses the token of a user who has just signed up: ${answer}.`,
    why: 'Every user is anonymous.',
    fix: () => 'Check that `getAuthConfigProvider` and `convex()` have the same `jwks` and `algorithm`, and run '
      + '`npx convue keys rotate` if the keys were made with another BETTER_AUTH_SECRET.',
  },
  SIGN_UP_FAILED: {
    what: ({ answer }) => `Signing up with an e-mail address and a password failed: ${answer}.`,
    why: 'New users cannot sign up.',
    fix: () => 'Correct the problem that the answer or the log of the deployment describes.',
  },
  ACCOUNT_NOT_DELETED: {
    what: ({ email, answer }) => `The account ${email} of this test could not be deleted: ${answer}.`,
    why: 'The account remains in the table of users.',
    fix: () => 'Delete it in the dashboard of Convex, and set `user.deleteUser.enabled` for the next test.',
  },
} satisfies Record<string, FindingTexts>

export type FindingId = keyof typeof FINDINGS

/** A mistake in an app. */
export interface Finding {
  id: FindingId
  what: string
  why: string
  fix: string
}

/** Creates a finding with the params that its texts mention. */
export function finding(id: FindingId, params: Record<string, string> = {}): Finding {
  const { what, why, fix }: FindingTexts = FINDINGS[id]
  return { id, what: what(params), why, fix: fix(params) }
}
