/** Roles of users and members, as Better Auth stores them. */

/**
 * Whether one of the stored roles is among `roles`.
 *
 * @param stored The roles of a user or a member: a name, a list, or names separated by commas.
 * @param roles The names of roles.
 */
export function includesOneOf(stored: unknown, roles: readonly string[]): boolean {
  const names: unknown[] = Array.isArray(stored) ? stored : String(stored ?? '').split(',')
  return names.some(name => roles.includes(String(name).trim()))
}
