/** Commands that run the official command of the same name against the embedded deployment. */
import type { Command } from './command.ts'
import { defineCommand } from 'citty'
import { DATA_ARGS } from './data-args.ts'
import { runConvexHere } from './official-convex.ts'
import { requireEmbedded } from './require-target.ts'

/** @param name The name of the command, such as `run`. */
export function passOnCommand(name: string, description: string): Command {
  const command = defineCommand({
    meta: {
      name,
      description: `${description}. All other arguments are those of \`npx convex ${name}\`, `
        + `which \`npx convex ${name} --help\` describes`,
    },
    args: DATA_ARGS,
    async run({ args, rawArgs }) {
      return await runConvexHere(await requireEmbedded(args.data), [name, ...withoutData(rawArgs)])
    },
  })
  return Object.assign(command as Command, { passesOptionsOn: true })
}

/** The official command does not know this option. */
function withoutData(args: string[]): string[] {
  const index = args.indexOf('--data')
  const rest = index < 0 ? args : args.toSpliced(index, 2)
  return rest.filter(arg => !arg.startsWith('--data='))
}
