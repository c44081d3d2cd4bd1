import type { DataModel } from './_generated/dataModel'
import type { ActionCtx } from './_generated/server'
import { Anonymous } from '@convex-dev/auth/providers/Anonymous'
import { Email } from '@convex-dev/auth/providers/Email'
import { Password } from '@convex-dev/auth/providers/Password'
import { convexAuth } from '@convex-dev/auth/server'
import { internal } from './_generated/api'

// The package passes the context as the second argument, but its types do not declare it.
async function sendVerificationRequest({ identifier, token }: { identifier: string, token: string }, ctx?: ActionCtx): Promise<void> {
  await ctx!.runMutation(internal.users.recordEmail, { to: identifier, code: token })
}

const resetCode = Email({
  id: 'reset-code',
  maxAge: 15 * 60,
  generateVerificationToken: async () => String(crypto.getRandomValues(new Uint32Array(1))[0]! % 100_000_000).padStart(8, '0'),
  sendVerificationRequest,
})

/** Without `authorize`, the code alone signs a user in: it is in the address of the page that the mail opens. */
const magicLink = Email({ id: 'magic-link', authorize: undefined, sendVerificationRequest })

export const { auth, signIn, signOut, store, isAuthenticated } = convexAuth({
  providers: [
    Anonymous<DataModel>(),
    magicLink,
    Password<DataModel>({
      profile: ({ email, name }) => ({ email: String(email).toLowerCase(), name: String(name ?? 'no name') }),
      reset: resetCode,
    }),
  ],
})
