/** Errors of the embedded deployment and of the test helpers. */
import type { ErrorDefinition } from './error-definition.ts'

/** What is wrong with a functions folder. */
type FunctionsProblem
  = | { kind: 'noFolder', path: string }
    | { kind: 'noPackages', path: string }
    | { kind: 'notBundled', message: string }
    | { kind: 'notEvaluated', stack: string | undefined }

/** What is wrong with an option of `startDeployment`. */
type DeploymentOptionProblem
  = | { option: 'siteUrl', value: string }
    | { option: 'allowedOrigins', value: string }
    | { option: 'allowedHosts', value: string }

export const testingErrors = {
  PEER_MISSING: {
    scopes: ['testing'],
    why: (problem: { missing: string } | 'wrongConvexTest'): string => {
      if (problem === 'wrongConvexTest')
        return 'The installed convex-test is not the one that the embedded deployment is made for.'
      return `convue/testing needs the package "${problem.missing}", which is not installed.`
    },
    fix: (problem: { missing: string } | 'wrongConvexTest'): string => {
      if (problem === 'wrongConvexTest')
        return 'Run `npm install --save-dev --save-exact convex-test@0.0.60`.'
      if (problem.missing.endsWith('better-auth'))
        return 'Run `npm install better-auth @convex-dev/better-auth`.'
      return 'Run `npm install --save-dev convex-test@0.0.60 esbuild jose ws`.'
    },
    reference: 'A package that `convue/testing` needs is not installed, or has a version that it cannot use.',
    referenceFix: 'Run `npm install --save-dev --save-exact convex-test@0.0.60 esbuild jose ws`; `signUp` also needs '
      + '`better-auth` and `@convex-dev/better-auth`.',
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
        default:
          return `The functions cannot be evaluated: ${problem.stack}`
      }
    },
    fix: ({ kind }: FunctionsProblem): string => ({
      noFolder: 'Pass the path of your `convex/` folder as `functions`; a relative one starts at the working '
        + 'directory.',
      noPackages: 'Install the packages of your app, and keep the functions folder inside of the app.',
      notBundled: 'Correct the files that the message names.',
      notEvaluated: 'Correct what the module does while it loads.',
    })[kind],
    reference: 'No functions folder exists at this path, or its files cannot be bundled or evaluated.',
    referenceFix: 'Pass the path of your `convex/` folder, relative to the working directory, and correct the files '
      + 'that the message names.',
  },
  DEPLOYMENT_OPTION_INVALID: {
    scopes: ['testing'],
    why: ({ option, value }: DeploymentOptionProblem): string => ({
      siteUrl: `\`siteUrl\` is not an address: ${value}.`,
      allowedOrigins: `\`allowedOrigins\` has an entry that is not an origin: ${value}.`,
      allowedHosts: `\`allowedHosts\` has an entry that is not a host name: ${value}.`,
    })[option],
    fix: ({ option }: DeploymentOptionProblem): string => ({
      siteUrl: 'Pass the origin of your app, such as http://localhost:5173.',
      allowedOrigins: 'Pass a scheme, a host and a port, such as http://192.168.1.5:5173.',
      allowedHosts: 'Pass a name without a scheme and a port, such as 192.168.1.5.',
    })[option],
    reference: '`siteUrl`, `allowedOrigins` or `allowedHosts` of `startDeployment` has a value that is not an '
      + 'address, an origin or a host name.',
    referenceFix: 'Pass a value in the form that the message names, such as `http://192.168.1.5:5173`.',
  },
  DEPLOYMENT_CLOSED: {
    scopes: ['testing'],
    why: 'This deployment is closed.',
    fix: 'Start another one with `startDeployment`.',
  },
  DEPLOYMENT_FAILED: {
    scopes: ['testing'],
    why: (problem: { port: number, message: string } | { stopped: string }): string => {
      if ('stopped' in problem)
        return `The deployment's thread stopped: ${problem.stopped}.`
      return `The deployment cannot listen on port ${problem.port}: ${problem.message}.`
    },
    fix: (problem: { port: number, message: string } | { stopped: string }): string => {
      if ('stopped' in problem)
        return 'Look at the cause; if it is none of your functions, report it.'
      return 'Stop what listens there, or pass another port, or 0 for any free one.'
    },
    reference: 'The deployment cannot listen on a port, or its thread has stopped.',
    referenceFix: 'Stop the process that listens on the port, or pass 0 for any free port. If the thread has '
      + 'stopped, read `cause`.',
  },
  SIGN_UP_FAILED: {
    scopes: ['testing'],
    why: (problem: string): string => `${problem}.`,
    fix: 'Enable `emailAndPassword` in the functions\' `createAuth`, with neither `requireEmailVerification` nor '
      + '`autoSignIn: false` in tests, and give each user another email.',
    reference: 'Better Auth did not accept the sign-up of a test\'s user, or created the user without a session.',
  },
} satisfies Record<string, ErrorDefinition>
