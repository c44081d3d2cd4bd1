/** Installs an app with npm, pnpm, Yarn or Bun, so that a conflict of peers is an error. */
import { join } from 'node:path'
import { run, runNode, write } from './run.ts'

export interface PackageManager {
  name: string
  /**
   * Installs the packages of an app. With `allowsConflicts`, npm may install peers that conflict.
   *
   * @throws the output of the package manager, if a peer is missing or has a wrong version.
   */
  install: (app: string, options?: { allowsConflicts?: boolean }) => Promise<void>
}

/** The packages that contain the other package managers. */
const PUBLISHED = { 'pnpm': '12.21.0', '@yarnpkg/cli-dist': '4.18.1', '@oven/bun-linux-x64': '1.4.5' }

export const npm: PackageManager = {
  name: 'npm',
  async install(app, { allowsConflicts = false } = {}) {
    const strict = allowsConflicts ? [] : ['--strict-peer-deps']
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...strict], app)
  },
}

const MANAGERS: Record<keyof typeof PUBLISHED, (folder: string) => PackageManager> = {
  'pnpm': folder => ({
    name: 'pnpm',
    async install(app) {
      const options = ['--strict-peer-dependencies', '--config.auto-install-peers=false', '--ignore-scripts', '--prefer-offline', '--ignore-workspace']
      await runNode([join(folder, 'bin/pnpm.mjs'), 'install', ...options], app)
    },
  }),
  '@yarnpkg/cli-dist': folder => ({
    name: 'Yarn',
    async install(app) {
      write(join(app, 'yarn.lock'), '')
      write(join(app, '.yarnrc.yml'), [
        'nodeLinker: node-modules',
        'enableScripts: false',
        'enableTelemetry: false',
        'enableGlobalCache: true',
        'logFilters:',
        // A peer with a wrong version, and a summary of conflicts further down in the tree.
        ...['YN0060', 'YN0086'].flatMap(code => [`  - code: ${code}`, '    level: error']),
      ].join('\n'))
      await runNode([join(folder, 'bin/yarn.js'), 'install', '--no-immutable'], app)
    },
  }),
  '@oven/bun-linux-x64': folder => ({
    name: 'Bun',
    async install(app) {
      const { stdout, stderr } = await run(join(folder, 'bin/bun'), ['install', '--ignore-scripts'], app)
      const warning = /.*incorrect peer dependency.*/.exec(stdout + stderr)
      if (warning)
        throw new Error(`Bun warns in ${app}: ${warning[0]}`)
    },
  }),
}

/**
 * Installs pnpm, Yarn and Bun into a folder.
 *
 * @returns those that the registry provides and that run on this machine.
 */
export async function findOtherManagers(folder: string): Promise<PackageManager[]> {
  const found: PackageManager[] = []
  for (const [published, version] of Object.entries(PUBLISHED)) {
    const manager = MANAGERS[published as keyof typeof PUBLISHED](join(folder, 'node_modules', published))
    try {
      const specifier = `${published}@${version}`
      await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--prefix', folder, specifier], folder)
      found.push(manager)
    }
    catch (error) {
      console.warn(`${manager.name} ${version} cannot be installed here, so it is not checked: ${(error as Error).message.split('\n')[0]}`)
    }
  }
  return found
}
