/** Predicates for `allow`: roles of users, and members of organizations. */
import { includesOneOf } from '../../shared/roles.ts'
import { setupError } from '../setup-error.ts'

/** The caller's fields that a role predicate reads. */
interface CallerWithRole {
  user: { role?: string | string[] | null }
}

/**
 * Allows users with at least one of these roles, as the admin plugin of Better Auth stores them:
 * several roles of a user are separated by commas.
 *
 * @param roles The names of roles, such as `'admin'`.
 * @throws {ConvueError} `CONVEX_OPTION_INVALID` without a role.
 */
export function hasRole(...roles: string[]): (ctx: { user: object }) => boolean {
  if (roles.length === 0 || roles.some(role => typeof role !== 'string' || role === ''))
    throw setupError('CONVEX_OPTION_INVALID', '`hasRole` needs the names of roles')
  return ({ user }) => includesOneOf((user as CallerWithRole['user']).role, roles)
}

/** The options of `isMember`. */
export interface MemberOptions {
  /**
   * The organization: `'active'` is the active organization of the session, and a function returns
   * its id from the arguments of the Convex function.
   */
  organization: 'active' | ((args: any) => string | null | undefined)
  /**
   * The roles of which the member must have at least one.
   * @default Any member is allowed.
   */
  roles?: string[]
}

/** The type that `isMember` adds to the context, since it can require an active organization. */
export type MemberProof<Options extends MemberOptions>
  = Options extends { organization: 'active' } ? { session: { activeOrganizationId: string } } : unknown

/** @returns The id of the organization, or `null` if there is none. */
export function organizationOf({ organization }: MemberOptions, session: object, args: unknown): string | null {
  if (organization === 'active')
    return (session as { activeOrganizationId?: string | null }).activeOrganizationId ?? null
  return organization(args) ?? null
}

/** @throws {ConvueError} `CONVEX_OPTION_INVALID` */
export function checkMemberOptions({ organization, roles }: MemberOptions): void {
  if (organization !== 'active' && typeof organization !== 'function')
    throw setupError('CONVEX_OPTION_INVALID', '`organization` of `isMember` must be `\'active\'` or a function')
  if (roles && !Array.isArray(roles))
    throw setupError('CONVEX_OPTION_INVALID', '`roles` of `isMember` must be a list of names')
}
