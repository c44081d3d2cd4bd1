/** Errors of the embedded deployment and of the test helpers. */
import type { ErrorDefinition } from './error-definition.ts'

/** A problem with a functions folder. */
type FunctionsProblem
  = | { kind: 'noFolder', path: string }
    | { kind: 'noPackages', path: string }
    | { kind: 'notBundled', message: string }
    | { kind: 'notEvaluated', stack: string | undefined }
    | { kind: 'nodeBuiltin', message: string, place: string }
    | { kind: 'topLevelAwait', place: string }
    | { kind: 'notAnAction' | 'invalidExport', message: string, file: string }
    | { kind: 'nodeInComponent', component: string, module: string }
    | { kind: 'useNode' | 'actionsFolder', file: string }
    | { kind: 'fileName', file: string, part: string }
    | { kind: 'refused', message: string }

/** A problem with an option of `startDeployment`. */
type DeploymentOptionProblem
  = | { option: 'siteUrl', value: string }
    | { option: 'SITE_URL', value: string }
    | { option: 'allowedOrigins', value: string }
    | { option: 'allowedHosts', value: string }

/** A problem that prevents a deployment from starting or from continuing. */
type DeploymentProblem
  = | { port: number, message: string }
    | { stopped: string }
    | { folder: string } & FolderProblem

/** A problem that prevents a deployment from using the folder of its data. */
type FolderProblem = { problem: 'otherVersion' } | { problem: 'unusable', message: string }

const FOLDER_FIXES: Record<FolderProblem['problem'], string> = {
  otherVersion: 'Use the version of Convue that has written the folder, delete the folder, or pass another one as '
    + '`data`.',
  unusable: 'Correct the problem that the message names, or pass another folder as `data`.',
}

function describeFolder(problem: { folder: string } & FolderProblem): string {
  if (problem.problem === 'otherVersion')
    return `Another version of Convue has written the data in the folder ${problem.folder}.`
  return `The deployment cannot use the folder ${problem.folder}: ${problem.message}.`
}

export const testingErrors = {
  PEER_MISSING: {
    scopes: ['testing'],
    why: ({ missing }: { missing: string }): string =>
      `convue/testing needs the package "${missing}", which is not installed.`,
    fix: ({ missing }: { missing: string }): string => {
      if (missing === 'better-auth')
        return 'Run `npm install better-auth`.'
      return 'Run `npm install --save-dev esbuild ws`.'
    },
    reference: 'A package that `convue/testing` needs is not installed.',
    referenceFix: 'Run `npm install --save-dev esbuild ws`; `signUp` also needs `better-auth`.',
  },
  NODE_UNSUPPORTED: {
    scopes: ['testing'],
    why: ({ version }: { version: string }): string =>
      `The embedded deployment needs Node 22.13 or newer, but this is Node ${version}.`,
    fix: 'Install a newer Node. The parts of Convue that run in a page or on a server do not need it.',
    reference: 'The embedded deployment needs Node 22.13 or newer, because it stores its data with `node:sqlite`.',
  },
  FUNCTIONS_INVALID: {
    scopes: ['testing'],
    why: (problem: FunctionsProblem): string => {
      switch (problem.kind) {
        case 'noFolder':
          return `No functions folder exists at ${problem.path}.`
        case 'noPackages':
          return `No node_modules folder exists above ${problem.path}, so the packages that its functions import `
            + 'cannot be found.'
        case 'notBundled':
          return `The functions could not be bundled. ${problem.message}`
        case 'nodeBuiltin':
          return `${problem.message} (${problem.place}). It looks like you are using Node APIs from a file without `
            + 'the "use node" directive.'
        case 'topLevelAwait':
          return `Top-level awaits in source files are unsupported (${problem.place}).`
        case 'notAnAction':
        case 'invalidExport':
          return problem.message
        case 'nodeInComponent':
          return `Node actions are not supported in components: the module "${problem.module}" of the component `
            + `"${problem.component}" has the directive "use node".`
        case 'useNode':
          return `"use node" directive is not allowed for ${problem.file}.`
        case 'actionsFolder':
          return `${problem.file} is in the /actions subfolder but has no "use node" directive.`
        case 'fileName':
          return `Path component ${problem.part} can only contain alphanumeric characters, underscores, or periods: `
            + `${problem.file}.`
        case 'refused':
          return problem.message
        default:
          return `The functions cannot be evaluated: ${problem.stack}`
      }
    },
    fix: ({ kind }: FunctionsProblem): string => ({
      noFolder: 'Create the folder, or pass the path of your `convex/` folder as `functions`. A relative path starts '
        + 'at the working directory.',
      noPackages: 'Install the packages of your app, and keep the functions folder inside of the app.',
      notBundled: 'Correct the files that the message names.',
      notEvaluated: 'Correct the code that the module runs while it is loaded.',
      nodeBuiltin: 'Move the actions that need Node into a file of their own, with "use node" as its first line.',
      topLevelAwait: 'Move the `await` into a function.',
      invalidExport: 'Export the return value of `defineSchema()`, `cronJobs()`, `httpRouter()`, `defineApp()` or '
        + '`defineComponent()` as the default.',
      notAnAction: 'Move the queries and mutations into a file without "use node".',
      nodeInComponent: 'Remove the directive, or move the action into the app.',
      useNode: 'Remove the directive, and do not import actions that need Node into this file.',
      actionsFolder: 'Rename the folder, since Convex reserves the name, or add "use node" to its files.',
      fileName: 'Rename the file or folder.',
      refused: 'Correct the code that the message names: Convex refuses to deploy these functions.',
    })[kind],
    reference: 'No functions folder exists at this path, or its files cannot be bundled or evaluated.',
    referenceFix: 'Pass the path of your `convex/` folder, relative to the working directory, and correct the files '
      + 'that the message names.',
  },
  DEPLOYMENT_OPTION_INVALID: {
    scopes: ['testing'],
    why: ({ option, value }: DeploymentOptionProblem): string => ({
      siteUrl: `\`siteUrl\` is not an address: ${value}.`,
      SITE_URL: `The variable SITE_URL, in convex/.env or the option \`env\`, is not an address: "${value}".`,
      allowedOrigins: `\`allowedOrigins\` has an entry that is not an origin: ${value}.`,
      allowedHosts: `\`allowedHosts\` has an entry that is not a host name: ${value}.`,
    })[option],
    fix: ({ option }: DeploymentOptionProblem): string => ({
      siteUrl: 'Pass the origin of your app, such as http://localhost:5173.',
      SITE_URL: 'Set SITE_URL to the origin of your app, such as http://localhost:5173, or remove it from convex/.env.',
      allowedOrigins: 'Pass a scheme, a host and a port, such as http://192.168.1.5:5173.',
      allowedHosts: 'Pass a name without a scheme and a port, such as 192.168.1.5.',
    })[option],
    reference: '`siteUrl`, `allowedOrigins` or `allowedHosts` of `startDeployment`, or the variable `SITE_URL` in '
      + '`convex/.env`, has a value that is not an address, an origin or a host name.',
    referenceFix: 'Pass a value in the form that the message names, such as `http://192.168.1.5:5173`.',
  },
  DEPLOYMENT_CLOSED: {
    scopes: ['testing'],
    why: 'This deployment is closed.',
    fix: 'Start another deployment with `startDeployment`.',
  },
  DEPLOYMENT_FAILED: {
    scopes: ['testing'],
    why: (problem: DeploymentProblem): string => {
      if ('stopped' in problem)
        return `The deployment's thread stopped: ${problem.stopped}.`
      if ('folder' in problem)
        return describeFolder(problem)
      return `The deployment cannot listen on port ${problem.port}: ${problem.message}.`
    },
    fix: (problem: DeploymentProblem): string => {
      if ('stopped' in problem)
        return 'Read `cause`. If the error is not in one of your functions, report it as a bug of Convue.'
      if ('folder' in problem)
        return FOLDER_FIXES[problem.problem]
      return 'Stop the process that listens on the port, or pass another port, or 0 for any free port.'
    },
    reference: 'The deployment cannot listen on a port or use its folder, or its thread has stopped.',
    referenceFix: 'Stop the process that listens on the port, or pass 0 for any free port. Only the version of Convue '
      + 'that has written a folder can read it. If the thread has stopped, read `cause`.',
  },
  FOLDER_IN_USE: {
    scopes: ['testing'],
    why: (folder: string): string => `Another deployment uses the folder ${folder}.`,
    fix: 'Stop the other deployment, or pass another folder as `data`.',
    reference: 'Another deployment, of this process or of another one, uses the folder `data`.',
  },
  IMPORT_FAILED: {
    scopes: ['testing'],
    why: (problem: string): string => `The archive cannot be imported: ${problem}`,
    fix: 'Pass the contents of a ZIP file that `deployment.export()` or `npx convex export` has made, with documents '
      + 'that match the schema of the deployment.',
    reference: '`deployment.import()` cannot read the archive, or its documents do not match the schema. The data '
      + 'have not changed.',
  },
  SIGN_UP_FAILED: {
    scopes: ['testing'],
    why: (problem: string): string => `${problem}.`,
    fix: 'Enable `emailAndPassword` in the functions\' `createAuth`, with neither `requireEmailVerification` nor '
      + '`autoSignIn: false` in tests, and give each user a different email address.',
    reference: 'Better Auth refused the sign-up of a test\'s user, or created the user but no session.',
  },
} satisfies Record<string, ErrorDefinition>
