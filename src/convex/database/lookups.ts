/** The look-ups of Better Auth and its plugins for which its tables do not define an index. */

/**
 * The fields by which Better Auth 1.6 and 1.7 look up the rows of each model, or sort them, where
 * the fields are neither unique, nor indexed, nor references.
 *
 * @see https://github.com/better-auth/better-auth/tree/main/packages/better-auth/src
 */
export const LOOKUPS: Record<string, string[][] | undefined> = {
  // The admin plugin sorts users by these fields, and filters them by `role` or `banned`.
  user: [['createdAt'], ['name'], ['role'], ['banned'], ['stripeCustomerId']],
  account: [['accountId', 'providerId'], ['providerId']],
  // Better Auth deletes rows that have expired, and reads the newest row of an identifier.
  verification: [['expiresAt'], ['identifier', 'createdAt']],
  // Better Auth deletes rows whose last request was long ago.
  rateLimit: [['key'], ['lastRequest']],
  deviceCode: [['deviceCode'], ['userCode']],
  organization: [['stripeCustomerId']],
  member: [['organizationId', 'userId']],
  teamMember: [['teamId', 'userId']],
  invitation: [['organizationId', 'email'], ['email'], ['teamId']],
  walletAddress: [['address', 'chainId']],
  oauthClient: [['referenceId']],
  oauthConsent: [['clientId', 'userId']],
  passkey: [['credentialID']],
  apikey: [['key'], ['expiresAt']],
  ssoProvider: [['domain']],
  subscription: [['referenceId'], ['stripeCustomerId'], ['stripeSubscriptionId']],
}
