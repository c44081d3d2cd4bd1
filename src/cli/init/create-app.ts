/** Creates an empty app with create-vite or with Nuxt's own scaffolder. */
import type { AgentName } from 'package-manager-detector'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { devError } from '../../dev/dev-error.ts'
import { runProgram } from './run-program.ts'

/** The app that is created. */
export interface CreateOptions {
  /** The folder of the new app. */
  folder: string
  framework: 'nuxt' | 'vite'
  language: 'js' | 'ts'
}

/** The first words of the command that runs a scaffolder, and the separator before its options. */
const CREATE: Partial<Record<AgentName, [program: string, create: string[], separator: string[]]>> = {
  npm: ['npm', ['create', '--yes'], ['--']],
  pnpm: ['pnpm', ['create'], []],
  yarn: ['yarn', ['create'], []],
  bun: ['bun', ['create'], []],
}

const VITE_TEMPLATES = { ts: 'vue-ts', js: 'vue' }

/** The command that creates an app, without questions and without an installation. */
export function scaffoldCommand({ folder, framework, language }: CreateOptions, agent: AgentName): string[] {
  const [program, create, separator] = CREATE[agent] ?? CREATE.npm!
  const name = basename(folder)
  if (framework === 'vite') {
    const template = VITE_TEMPLATES[language]
    return [program, ...create, 'vite@latest', name, ...separator, '--template', template, '--no-interactive']
  }
  const options = ['--template', 'minimal', '--packageManager', agent, '--no-install', '--no-gitInit', '--no-modules']
  return [program, ...create, 'nuxt@latest', name, ...separator, ...options]
}

/**
 * Creates an empty app.
 *
 * @throws ConvueError `FOLDER_NOT_EMPTY`, `CREATE_FAILED`
 */
export async function createApp(options: CreateOptions, agent: AgentName): Promise<void> {
  const folder = resolve(options.folder)
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw devError('FOLDER_NOT_EMPTY', folder)
  mkdirSync(dirname(folder), { recursive: true })
  const command = scaffoldCommand({ ...options, folder }, agent)
  const { succeeded, output } = await runProgram(command, dirname(folder))
  if (!succeeded || !existsSync(folder))
    throw devError('CREATE_FAILED', { command: command.join(' '), output })
}
