import { v } from 'convex/values'
import { wrapAuthApi } from '../../../../../src/convex/index'
import { action, mutation, query } from './_generated/server'
import { authComponent, createAuth } from './auth'
import { getAuth } from './functions'

export const session = query({
  args: {},
  handler: async (ctx) => {
    const { auth, headers } = await getAuth(ctx)
    const session = await auth.api.getSession({ headers })
    return session && { email: session.user.email, userAgent: session.session.userAgent ?? null }
  },
})

const passwords = { currentPassword: v.string(), newPassword: v.string() }

export const changePassword = mutation({
  args: passwords,
  handler: async (ctx, body) => {
    const { auth, headers } = await getAuth(ctx)
    await auth.api.changePassword({ headers, body })
  },
})

/** Uses the functions of the component instead of those of `defineAuthFunctions`. */
export const changePasswordInAction = action({
  args: passwords,
  handler: async (ctx, body) => {
    const { auth, headers } = await authComponent.getAuth(createAuth, ctx)
    await wrapAuthApi(auth).changePassword({ headers, body })
  },
})

export const signIn = mutation({
  args: { email: v.string(), password: v.string() },
  handler: async (ctx, body) => {
    const { auth } = await getAuth(ctx)
    return (await auth.api.signInEmail({ body })).user.email
  },
})

export const createOrganization = mutation({
  args: { slug: v.string() },
  handler: async (ctx, { slug }) => {
    const { auth, headers } = await getAuth(ctx)
    return (await auth.api.createOrganization({ headers, body: { name: slug, slug } }))!.id
  },
})

export const listUsers = query({
  args: {},
  handler: async (ctx) => {
    const { auth, headers } = await getAuth(ctx)
    return (await auth.api.listUsers({ headers, query: {} })).users.length
  },
})

/** Throws an error that Better Auth has not thrown, so that users must not see its message. */
export const bug = mutation({
  args: {},
  handler: async () => {
    const broken = async (): Promise<void> => {
      throw new Error('a bug')
    }
    await wrapAuthApi({ api: { broken } }).broken()
  },
})
