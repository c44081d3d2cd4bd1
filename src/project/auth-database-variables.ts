/** The variables with which an embedded deployment trusts Better Auth in the server of the app. */

/**
 * `nuxt dev` sets these variables of the deployment, and `convue doctor` expects them.
 *
 * @param secret The value of `AUTH_DATABASE_SECRET`, which the server of the app has, too.
 */
export function authDatabaseVariables(secret: string): Record<string, string> {
  // Without static keys, the deployment requests the keys from the app.
  return { JWKS: '', AUTH_DATABASE_SECRET: secret }
}
