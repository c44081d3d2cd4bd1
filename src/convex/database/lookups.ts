/** The look-ups of Better Auth and its plugins that its own definitions of tables do not mark. */

/**
 * The fields by which Better Auth 1.6 and 1.7 look up the rows of each model, or sort them, where
 * the fields are neither unique, nor indexed, nor references.
 *
 * @see https://github.com/better-auth/better-auth/tree/main/packages/better-auth/src
 */
export const LOOKUPS: Record<string, string[][] | undefined> = {
  // The admin plugin lists users in the order of these fields.
  user: [['createdAt'], ['name']],
  account: [['accountId', 'providerId']],
  // Rows that have expired are deleted.
  verification: [['expiresAt'], ['createdAt']],
  rateLimit: [['key']],
  deviceCode: [['deviceCode'], ['userCode']],
  member: [['organizationId', 'userId']],
  teamMember: [['teamId', 'userId']],
  invitation: [['email'], ['teamId']],
  walletAddress: [['address', 'chainId']],
  oauthConsent: [['clientId', 'userId']],
  passkey: [['credentialID']],
  apikey: [['key']],
}
