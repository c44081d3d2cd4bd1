/** `convue doctor`: finds mistakes in the set-up of an app, and names the fix of each. */
import type { Diagnosis } from '../doctor/diagnose.ts'
import process from 'node:process'
import { defineCommand } from 'citty'
import { devError } from '../../dev/dev-error.ts'
import { findOwner } from '../../versions/installed-package.ts'
import { DATA_ARGS } from '../data-args.ts'
import { diagnose } from '../doctor/diagnose.ts'
import { style, withOutputOnStderr, withProgress } from '../terminal.ts'

export default defineCommand({
  meta: { name: 'doctor', description: 'Find mistakes in the set-up of an app. The exit code is 1 if there are any' },
  args: {
    ...DATA_ARGS,
    'url': { type: 'string', description: 'Address of the deployment (default: that of the variables of the app)' },
    'site-url': {
      type: 'string',
      valueHint: 'url',
      description: 'Address of the HTTP actions (default: derived from the address of the deployment)',
    },
    'origin': {
      type: 'string',
      valueHint: 'url',
      description: 'Origin of the page, such as https://example.com, to check its proxy and its cookies',
    },
    'auth-path': { type: 'string', valueHint: 'path', description: 'Path of Better Auth', default: '/api/auth' },
    'sign-in': { type: 'boolean', description: 'Sign up at a real deployment, too, and delete the account afterwards' },
    'json': { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const diagnosis = await withProgress('Checking the app', () => withOutputOnStderr(() => diagnose({
      root: process.cwd(),
      data: args.data,
      url: args.url ?? null,
      siteUrl: args['site-url'] ?? null,
      origin: args.origin === undefined ? null : readOrigin(args.origin),
      authPath: args['auth-path'].replace(/\/$/, ''),
      signIn: args['sign-in'] ?? false,
    })))
    if (args.json)
      console.log(JSON.stringify({ ...versions(), ...diagnosis }, null, 2))
    else
      printDiagnosis(diagnosis)
    return diagnosis.findings.length > 0 ? 1 : 0
  },
})

function versions(): { convue: string, node: string } {
  return { convue: findOwner(import.meta.dirname)!.manifest.version, node: process.versions.node }
}

/** @throws ConvueError `COMMAND_LINE_INVALID` */
function readOrigin(value: string): string {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))
    return new URL(value).origin
  const expected = 'an address such as https://example.com'
  throw devError('COMMAND_LINE_INVALID', { kind: 'value', command: 'convue doctor', name: '--origin', value, expected })
}

function printDiagnosis({ deployment, findings, passed, skipped }: Diagnosis): void {
  const { convue, node } = versions()
  const name = deployment.url ?? 'embedded deployment, which does not run now'
  console.log(`Convue ${convue}, Node ${node}, ${name}\n`)
  for (const check of passed)
    console.log(`${style('green', '✔')} ${check}`)
  for (const { check, why } of skipped)
    console.log(style('dim', `- ${check}: skipped, ${why}`))
  for (const { id, what, why, fix } of findings)
    console.log(`\n${style('red', '✖')} ${what} ${style('dim', `(${id})`)}\n  why: ${why}\n  fix: ${fix}`)
  console.log(findings.length > 0 ? `\n${findings.length} to fix` : '\nNothing to fix')
}
