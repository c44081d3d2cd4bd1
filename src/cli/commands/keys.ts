/** `convue keys rotate`: replaces the key that signs tokens, without signing users out. */
import { defineCommand } from 'citty'
import { devError } from '../../dev/dev-error.ts'
import { findFunctions } from '../../project/functions-folder.ts'
import { DATA_ARGS } from '../data-args.ts'
import { findKeyModule, usesStaticKeys } from '../functions-code.ts'
import { requireConvex } from '../official-convex.ts'
import { requireTarget } from '../require-target.ts'
import { withProgress } from '../terminal.ts'

const rotate = defineCommand({
  meta: {
    name: 'rotate',
    description: 'Create a new signing key. Tokens of the previous key remain valid until they expire',
  },
  args: {
    ...DATA_ARGS,
    prod: { type: 'boolean', description: 'Use the production deployment' },
    revoke: { type: 'boolean', description: 'Make all tokens of the previous keys invalid at once' },
  },
  async run({ args }) {
    const functions = findFunctions(undefined)
    const module = findKeyModule(functions)
    if (module === null)
      throw devError('KEY_ACTIONS_MISSING')
    const target = await requireTarget({ data: args.data, prod: args.prod ?? false })
    await withProgress(`Creating a key for ${target.name}`, async () => {
      const options = args.revoke ? '{"revoke":true}' : '{}'
      const keys = await requireConvex(target, ['run', `${module}:rotateKeys`, options])
      // The value is passed through stdin, since it contains the encrypted private key.
      if (usesStaticKeys(functions))
        await requireConvex(target, ['env', 'set', 'JWKS'], keys.trim())
    })
    console.log(args.revoke
      ? 'The new key signs tokens. Open pages request new ones.'
      : 'The new key signs tokens. Those of the previous key remain valid until they expire.')
  },
})

export default defineCommand({
  meta: { name: 'keys', description: 'Keys that sign the tokens of users' },
  subCommands: { rotate: async () => rotate },
})
