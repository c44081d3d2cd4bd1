/** The error of installed packages whose versions do not work together. */
import type { ErrorDefinition } from './error-definition.ts'

/** An installed package with a version that another package does not support. */
export interface VersionConflict {
  /** The name of the package whose version is not supported. */
  name: string
  version: string
  /** The range that `by` supports. */
  needed: string
  /** `Convue`, or the name and the version of the package that needs another version. */
  by: string
}

export const versionErrors = {
  VERSION_CONFLICT: {
    scopes: ['testing', 'nuxt', 'convex', 'dev'],
    why: ({ name, version, needed, by }: VersionConflict): string =>
      `${name} ${version} is installed, but ${by} works with ${name} ${needed}.`,
    fix: ({ name, version, needed, by }: VersionConflict): string => {
      const install = `Run \`npm install "${name}@${needed}"\``
      if (by === 'Convue')
        return `${install}.`
      const other = `${install}, or install a version of ${by.split(' ')[0]} that works with ${name} ${version}`
      if (by.startsWith('@convex-dev/better-auth '))
        return `${other}, or use \`convue/convex\` instead of it.`
      return `${other}.`
    },
    reference: 'A package is installed in a version that another package does not support, such as '
      + '`better-auth` 1.7 beside `@convex-dev/better-auth` 0.12. In Nuxt, the error is only a warning, since the '
      + 'app may not use the package.',
    referenceFix: 'Run the command that the message names, or install a version of the other package that supports '
      + 'the installed one. Instead of `@convex-dev/better-auth`, you can use `convue/convex`.',
  },
} satisfies Record<string, ErrorDefinition>
