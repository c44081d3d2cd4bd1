/** Finds the files of a functions folder that become modules, as `convex` does. */
import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { testingError } from '../testing-error.ts'

/** A file whose exports may be functions. */
export interface ModuleFile {
  /** The path in the folder, without an extension: `messages`, `admin/users`. */
  name: string
  /** The absolute path. */
  file: string
  /** `true` if the file has the directive "use node". */
  isNode: boolean
}

/** The files of a folder that Convex deploys. */
export interface ModuleFiles {
  modules: ModuleFile[]
  schema: string | null
}

const SOURCE_FILE = /\.[cm]?[jt]sx?$/
const TYPESCRIPT_FILE = /\.tsx?$/
const CONFIG_FILE = /^convex\.config\.[cm]?[jt]s$/
const EXTENSIONS = ['.ts', '.tsx', '.mts', '.js', '.jsx', '.mjs']
/** The text that may precede a directive: white space, comments and other directives. */
const BEFORE_DIRECTIVE = /^(?:\s|\/\/.*|\/\*[\s\S]*?\*\/|(?:"use (?!node)\w+"|'use (?!node)\w+');?)*/
const USE_NODE = /^(?:"use node"|'use node')/
/** Modules that Convex evaluates in its own runtime, so that "use node" is not allowed in them. */
const NEVER_NODE = new Set(['http', 'crons', 'schema', 'auth.config'])
const VALID_NAME = /^[\w.]+$/

/**
 * Lists the modules of a component.
 *
 * @throws ConvueError `FUNCTIONS_INVALID` for a name or a directive that Convex refuses.
 */
export async function listModuleFiles(directory: string): Promise<ModuleFiles> {
  const modules: ModuleFile[] = []
  for (const file of await listFiles(directory, directory)) {
    const path = relative(directory, file)
    const name = path.replace(SOURCE_FILE, '').replaceAll(sep, '/')
    assertValidName(path)
    const source = readFileSync(file, 'utf8')
    // Convex skips files that are not modules yet, such as an empty file.
    if (TYPESCRIPT_FILE.test(file) && !/^\s{0,100}(?:import|export)/m.test(source))
      continue
    const isNode = hasUseNode(source)
    if (isNode && NEVER_NODE.has(name))
      throw testingError('FUNCTIONS_INVALID', { kind: 'useNode', file: path })
    if (!isNode && name.startsWith('actions/'))
      throw testingError('FUNCTIONS_INVALID', { kind: 'actionsFolder', file: path })
    modules.push({ name, file, isNode })
  }
  modules.sort((a, b) => a.name < b.name ? -1 : 1)
  return { modules, schema: findFile(directory, 'schema') ?? null }
}

/** The file with this name and any of the extensions. */
export function findFile(directory: string, name: string): string | undefined {
  return EXTENSIONS.map(extension => join(directory, name + extension)).find(existsSync)
}

/** The source files of a folder, without generated files, tests and other components. */
async function listFiles(directory: string, folder: string): Promise<string[]> {
  const files: string[] = []
  const entries = await readdir(folder, { withFileTypes: true })
  if (folder !== directory && entries.some(({ name }) => CONFIG_FILE.test(name)))
    return files
  for (const entry of entries) {
    const { name } = entry
    const path = join(folder, name)
    if (entry.isDirectory()) {
      const isGenerated = folder === directory && name === '_generated'
      if (!isGenerated && name !== 'node_modules')
        files.push(...await listFiles(directory, path))
    }
    else if (isModule(name)) {
      files.push(path)
    }
  }
  return files
}

/** A name with several dots is the name of a test, a declaration or a configuration. */
function isModule(name: string): boolean {
  const isSource = SOURCE_FILE.test(name) && name.split('.').length === 2
  return isSource && !/^(?:[.#]|schema\.)/.test(name) && !name.includes(' ')
}

function assertValidName(path: string): void {
  const invalid = path.split(sep).find(part => !VALID_NAME.test(part))
  if (invalid !== undefined)
    throw testingError('FUNCTIONS_INVALID', { kind: 'fileName', file: path, part: invalid })
}

export function hasUseNode(source: string): boolean {
  const start = BEFORE_DIRECTIVE.exec(source)?.[0].length ?? 0
  return USE_NODE.test(source.slice(start))
}
