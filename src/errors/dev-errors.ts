/** Errors of the Vite plugin, of Nuxt in development, and of the command line. */
import type { ErrorDefinition } from './error-definition.ts'

/** What is wrong with the arguments of the command line. */
type CommandLineProblem
  = | { kind: 'command', command: string, name: string, suggestion: string | null }
    | { kind: 'noCommand', command: string }
    | { kind: 'option', command: string, name: string, suggestion: string | null }
    | { kind: 'noValue' | 'missing', command: string, name: string }
    | { kind: 'value', command: string, name: string, value: string, expected: string }
    | { kind: 'excess', command: string, value: string }

function describeCommandLine(problem: CommandLineProblem): string {
  const { command } = problem
  switch (problem.kind) {
    case 'command':
      return `\`${command}\` does not have a command "${problem.name}".`
    case 'noCommand':
      return `\`${command}\` needs the name of a command.`
    case 'option':
      return `\`${command}\` does not have an option "${problem.name}".`
    case 'noValue':
      return `The option "${problem.name}" of \`${command}\` needs a value.`
    case 'missing':
      return `\`${command}\` needs the argument ${problem.name.toUpperCase()}.`
    case 'value':
      return `The option "${problem.name}" of \`${command}\` is "${problem.value}", and must be ${problem.expected}.`
    default:
      return `\`${command}\` does not take the argument "${problem.value}".`
  }
}

function fixCommandLine(problem: CommandLineProblem): string {
  const help = `run \`npx ${problem.command} --help\``
  if (problem.kind === 'command' && problem.suggestion !== null)
    return `Write \`npx ${problem.command} ${problem.suggestion}\`, or ${help} to see all commands.`
  if (problem.kind === 'option' && problem.suggestion !== null)
    return `Write "--${problem.suggestion}", or ${help} to see all options.`
  if (problem.kind === 'noValue')
    return `Write "${problem.name}=<value>", or ${help} to see what the option means.`
  return `R${help.slice(1)} to see what you can write.`
}

export const devErrors = {
  COMMAND_LINE_INVALID: {
    scopes: ['dev'],
    why: describeCommandLine,
    fix: fixCommandLine,
    reference: 'A command or an option of `npx convue` does not exist, or an argument or a value is missing or wrong.',
    referenceFix: 'Write what the message suggests, or add `--help` to see what you can write.',
  },
  DEPLOYMENT_RUNS_ALREADY: {
    scopes: ['dev'],
    why: ({ url, pid, data }: { url: string, pid: number, data: string }): string =>
      `An embedded deployment with the data in ${data} runs already, at ${url}, in the process ${pid}.`,
    fix: 'Use this deployment, stop the process, or choose another folder with --data.',
    reference: 'Another process, such as `vite dev`, runs an embedded deployment with the same data.',
  },
  DEPLOYMENT_NOT_RUNNING: {
    scopes: ['dev'],
    why: (data: string): string => `No embedded deployment runs with the data in ${data}.`,
    fix: 'Start your app or `npx convue dev`, and run the command beside it, in the same folder.',
    reference: 'A command of `npx convue` needs an embedded deployment that runs.',
  },
  CONVEX_NOT_INSTALLED: {
    scopes: ['dev'],
    why: 'The package convex, which contains the command line of Convex, is not installed in this folder.',
    fix: 'Run the command in the folder of the app, or run `npm install convex`.',
  },
  CONVEX_COMMAND_FAILED: {
    scopes: ['dev'],
    why: ({ command, name, message }: { command: string, name: string, message: string }): string =>
      `\`npx convex ${command}\` failed for ${name}: ${message}`,
    fix: 'Correct what the message names. If no project is configured yet, run `npx convex dev` once.',
    reference: 'The official command line of Convex, which `npx convue` runs for a real deployment, failed.',
  },
  SITE_URL_MISSING: {
    scopes: ['dev'],
    why: 'The production deployment has no SITE_URL, so Better Auth does not know the address of the page.',
    fix: 'Run `npx convue env sync --auth --prod --site-url https://example.com` with the address of your app.',
  },
  VARIABLE_NOT_WRITABLE: {
    scopes: ['dev'],
    why: (name: string): string =>
      `The value of ${name} contains all kinds of quotation marks, and cannot be written in a \`.env\` file.`,
    fix: 'Set this variable with `npx convex env set`, and remove it from the file.',
    reference: 'The value of a variable contains all kinds of quotation marks.',
  },
  KEY_ACTIONS_MISSING: {
    scopes: ['dev'],
    why: 'The functions have no action `rotateKeys`, which creates a signing key.',
    fix: 'Add `export const { getLatestJwks, rotateKeys } = defineKeyActions(createAuth)` to `convex/auth.ts`.',
    docs: 'guides/better-auth-tokens.md#static-keys',
  },
  COMMAND_NOT_STARTED: {
    scopes: ['dev'],
    why: ({ command, message }: { command: string, message: string }): string =>
      `The command "${command}" could not be started: ${message}.`,
    fix: 'Check that the command is installed and spelled correctly.',
    reference: 'A command that `npx convue` runs could not be started.',
  },
  DEPLOYMENT_URL_INVALID: {
    scopes: ['dev'],
    why: ({ name, value }: { name: string, value: string, urlName: string }): string => {
      if (name === 'CONVEX_DEPLOYMENT')
        return `CONVEX_DEPLOYMENT is "${value}", and the address of this deployment cannot be derived from its name.`
      return `${name} is "${value}", which is not the address of a deployment.`
    },
    fix: ({ name, urlName }: { name: string, value: string, urlName: string }): string => {
      if (name === 'CONVEX_DEPLOYMENT')
        return `Set ${urlName} to the address of the deployment, or remove both to use the embedded deployment.`
      return `Set ${name} to an address without a path, such as https://happy-otter-123.convex.cloud, or remove it to `
        + 'use the embedded deployment.'
    },
    reference: 'The variable with the address of the deployment or of its HTTP actions, or `CONVEX_DEPLOYMENT`, does '
      + 'not name a deployment.',
    referenceFix: 'Set `VITE_CONVEX_URL`, in Nuxt `CONVEX_URL`, to an address such as '
      + '`https://happy-otter-123.convex.cloud`, or remove the variables to use the embedded deployment.',
  },
  SITE_URL_UNKNOWN: {
    scopes: ['dev'],
    why: ({ url }: { url: string, siteUrlName: string }): string =>
      `The address of the deployment is ${url}, from which the address of its HTTP actions cannot be derived.`,
    fix: ({ siteUrlName }: { url: string, siteUrlName: string }): string =>
      `Set ${siteUrlName} to the address of the HTTP actions, where Better Auth runs.`,
    reference: 'The deployment is not on `convex.cloud`, and `VITE_CONVEX_SITE_URL`, in Nuxt `CONVEX_SITE_URL`, is not '
      + 'set.',
    referenceFix: 'Set the variable to the address of the HTTP actions, where Better Auth runs.',
  },
  SEED_INVALID: {
    scopes: ['dev'],
    why: (seed: string): string => `The option \`seed\` is "${seed}", and no mutation or action has this path.`,
    fix: 'Pass the path of an exported mutation or action, such as `seed:default` for the default export of '
      + '`convex/seed.ts`.',
    reference: 'The option `seed` does not name a mutation or action.',
  },
  SEED_FAILED: {
    scopes: ['dev'],
    why: ({ path, message }: { path: string, message: string }): string =>
      `The seed function ${path} failed: ${message}`,
    fix: 'Correct the function, and start again: the function runs at each start until it has succeeded.',
    reference: 'The function of the option `seed` threw an error.',
  },
  APP_NOT_FOUND: {
    scopes: ['dev'],
    why: ({ folder, reason }: { folder: string, reason: string, apps: string[] }): string => `${folder} ${reason}.`,
    fix: ({ apps }: { folder: string, reason: string, apps: string[] }): string => {
      if (apps.length > 0)
        return `Run the command in the folder of an app: ${apps.join(', ')}.`
      return 'Run the command in the folder of a Vue app, or create one with `npm create convue`.'
    },
    reference: '`convue init` runs in a folder without a Vue or Nuxt app.',
    referenceFix: 'Run the command in the folder of the app. `npm create convue` creates one.',
  },
  INIT_OPTION_INVALID: {
    scopes: ['dev'],
    why: ({ option }: { option: string, allowed: string[] }): string =>
      `\`convue init ${option}\` is not possible for this app.`,
    fix: ({ allowed }: { option: string, allowed: string[] }): string => `Pass one of: ${allowed.join(', ')}.`,
    reference: 'An option of `convue init` has a value that does not exist, or that this app cannot use.',
    referenceFix: 'Pass one of the values that the message names.',
  },
  INIT_AUTH_EXISTS: {
    scopes: ['dev'],
    why: ({ wanted, existing }: { wanted: string, existing: string }): string =>
      `The app already has Better Auth, with the set-up \`${existing}\` and not \`${wanted}\`.`,
    fix: ({ existing }: { wanted: string, existing: string }): string =>
      `Pass \`--auth ${existing}\`, or remove the existing set-up first.`,
    reference: '`convue init --auth` names another set-up of Better Auth than the app has.',
    referenceFix: 'Pass the existing set-up, or remove it first.',
  },
  INIT_NOT_CONFIRMED: {
    scopes: ['dev'],
    why: '`convue init` asks before it changes files, and this terminal does not accept input.',
    fix: 'Pass --yes to change the files, or --dry-run to show the changes.',
    reference: '`convue init` runs without a terminal, for example in CI.',
  },
  FOLDER_NOT_EMPTY: {
    scopes: ['dev'],
    why: (folder: string): string => `The folder ${folder} exists, and is not empty.`,
    fix: 'Choose another name, or run `npx convue init` in the folder if it contains an app.',
    reference: '`npm create convue` names a folder that contains files.',
  },
  CREATE_FAILED: {
    scopes: ['dev'],
    why: ({ command, output }: { command: string, output: string }): string => `\`${command}\` failed: ${output}`,
    fix: 'Correct the cause, or create an app in another way, and run `npx convue init` in its folder.',
    reference: '`npm create convue` could not create an empty app with create-vite or create-nuxt.',
  },
  INSTALL_FAILED: {
    scopes: ['dev'],
    why: ({ command, output }: { command: string, output: string }): string => `\`${command}\` failed: ${output}`,
    fix: ({ command }: { command: string, output: string }): string =>
      `Correct the cause, and run \`${command}\` again. The files of the app have already been written.`,
    reference: 'The package manager could not install the packages that `convue init` has added to `package.json`.',
    referenceFix: 'Correct the cause that the message names, and install the packages again.',
  },
} satisfies Record<string, ErrorDefinition>
