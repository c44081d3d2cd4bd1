/** Detects the kind of app that a folder contains. */
import type { Agent } from 'package-manager-detector'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, posix, relative, resolve, sep } from 'node:path'
import { detect, getUserAgent } from 'package-manager-detector/detect'
import { devError } from '../../dev/dev-error.ts'
import { findFunctions } from '../../project/functions-folder.ts'

/** The place where Better Auth runs and stores its data. */
export type AuthKind = 'component' | 'local' | 'nuxt'

/** The properties of an app that `init` needs. All other paths begin at `root` and have slashes. */
export interface App {
  /** The absolute path of the folder. */
  root: string
  framework: 'nuxt' | 'vite'
  language: 'js' | 'ts'
  /** The package manager, such as `npm` or `yarn@berry`. */
  agent: Agent
  /** The text of `package.json`. */
  manifest: string
  /** The packages that `package.json` lists, with their ranges. */
  packages: Record<string, string>
  hasPinia: boolean
  /** The folder of the page's code: that of `main`, or that of Nuxt. */
  source: string
  /** The file that creates the Vue app; not in Nuxt. */
  main: string
  /** The folder of the Convex functions, which may not exist yet. */
  functions: string
  /** The set-up of Better Auth that the app already has, or `null`. */
  auth: AuthKind | null
}

/**
 * Detects the app in a folder.
 *
 * @throws ConvueError `APP_NOT_FOUND`
 */
export async function detectApp(folder: string): Promise<App> {
  const root = resolve(folder)
  const manifest = readText(root, 'package.json')
  if (manifest === null)
    throw devError('APP_NOT_FOUND', { folder: root, reason: 'has no package.json', apps: [] })
  const packages = packagesOf(manifest, root)
  const framework = frameworkOf(packages)
  if (!framework) {
    const reason = 'has neither Vue with Vite nor Nuxt'
    throw devError('APP_NOT_FOUND', { folder: root, reason, apps: findApps(root) })
  }
  const main = findMain(root)
  const functions = toPosix(relative(root, findFunctions(undefined, root)))
  return {
    root,
    framework,
    language: languageOf(root, packages, framework),
    agent: (await detect({ cwd: root }))?.agent ?? getUserAgent() ?? 'npm',
    manifest,
    packages,
    hasPinia: 'pinia' in packages || '@pinia/nuxt' in packages,
    source: sourceOf(framework, root, main),
    main,
    functions,
    auth: findAuth(root, functions, packages),
  }
}

/** The text of a file of the app; `null` if there is none. */
export function readText(root: string, path: string): string | null {
  const file = join(root, path)
  if (!existsSync(file))
    return null
  return readFileSync(file, 'utf8')
}

/** The first of these files that exists. */
export function findFile(root: string, paths: string[]): string | undefined {
  return paths.find(path => existsSync(join(root, path)))
}

/** The file names that a module can have: the name with each possible extension. */
export function withExtensions(path: string): string[] {
  return ['ts', 'mts', 'js', 'mjs'].map(extension => `${path}.${extension}`)
}

function packagesOf(manifest: string, root: string): Record<string, string> {
  try {
    const { dependencies, devDependencies } = JSON.parse(manifest)
    return { ...dependencies, ...devDependencies }
  }
  catch {
    throw devError('APP_NOT_FOUND', { folder: root, reason: 'has a package.json that is not valid JSON', apps: [] })
  }
}

function frameworkOf(packages: Record<string, string>): 'nuxt' | 'vite' | null {
  if ('nuxt' in packages)
    return 'nuxt'
  if ('vue' in packages && 'vite' in packages)
    return 'vite'
  return null
}

/** The apps in the packages of a workspace, for the error message. */
function findApps(root: string): string[] {
  return globSync('*/{package.json,*/package.json}', { cwd: root, exclude: name => name === 'node_modules' })
    .filter(file => frameworkOf(packagesOf(readText(root, file)!, root)) !== null)
    .map(file => toPosix(file).replace(/\/package\.json$/, ''))
}

function languageOf(root: string, packages: Record<string, string>, framework: App['framework']): App['language'] {
  if ('typescript' in packages || findFile(root, ['tsconfig.json', `${framework}.config.ts`]))
    return 'ts'
  return 'js'
}

/** The script that `index.html` loads. */
function findMain(root: string): string {
  const [, script] = /<script[^>]+\bsrc="\/?([^"]+\.[cm]?[jt]s)"/.exec(readText(root, 'index.html') ?? '') ?? []
  return posix.normalize(script ?? findFile(root, withExtensions('src/main')) ?? 'src/main.ts')
}

function sourceOf(framework: App['framework'], root: string, main: string): string {
  if (framework === 'vite')
    return posix.dirname(main)
  return nuxtSource(root)
}

/** Nuxt's `srcDir`: `app`, unless the app has the structure of Nuxt 3 or sets the option. */
function nuxtSource(root: string): string {
  const config = findFile(root, withExtensions('nuxt.config')) ?? 'nuxt.config.ts'
  const [, own] = /\bsrcDir:\s*['"]([^'"]+)['"]/.exec(readText(root, config) ?? '') ?? []
  if (own !== undefined)
    return posix.normalize(own).replace(/\/$/, '')
  if (existsSync(join(root, 'app.vue')) && !existsSync(join(root, 'app')))
    return '.'
  return 'app'
}

function findAuth(root: string, functions: string, packages: Record<string, string>): AuthKind | null {
  if ('@convex-dev/better-auth' in packages)
    return 'component'
  const own = findFile(root, [...withExtensions(`${functions}/auth`), ...withExtensions(`${functions}/authDatabase`)])
  if (!own || !readText(root, own)!.includes('defineAuthDatabase'))
    return null
  if (own.includes('authDatabase'))
    return 'nuxt'
  return 'local'
}

function toPosix(path: string): string {
  return path.split(sep).join('/')
}
