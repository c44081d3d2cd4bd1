/** The address of a function: its component, its module and its name. */

/** The address of one function. */
export interface FunctionPath {
  /**
   * `''` for the app. For a component, its name after the names of its parents, such as
   * `parent/child`.
   */
  component: string
  /** The module relative to the component's folder, without an extension: `admin/users`. */
  module: string
  /** The name of the export. */
  name: string
  /** `true` if the address was a handle, which the component of the function has created. */
  isHandle?: boolean
}

/** The address of a function as the system calls of `convex/server` contain it. */
export interface FunctionAddress {
  name?: string
  reference?: string
  functionHandle?: string
}

const HANDLE_PREFIX = 'function://'
const CHILD_PREFIX = '_reference/childComponent/'

/** Parses the name of a function: `admin/users:list`, or `users` for a default export. */
export function parseFunctionName(component: string, name: string): FunctionPath {
  const [module = '', exported = 'default'] = name.split(':') as [string?, string?]
  return { component, module: module.replace(/\.[cm]?jsx?$/, ''), name: exported }
}

/** The name as clients write it: `messages:list`. */
export function printFunctionName({ module, name }: FunctionPath): string {
  if (name === 'default')
    return module
  return `${module}:${name}`
}

/** The name as the system tables and the messages of Convex contain it: `messages.js:list`. */
export function printModulePath({ module, name }: FunctionPath): string {
  return `${module}.js:${name}`
}

/** The handle that `createFunctionHandle` returns. */
export function printHandle(path: FunctionPath): string {
  return `${HANDLE_PREFIX}${path.component};${printModulePath(path)}`
}

/** Resolves an address that a function of `component` has used. */
export function resolveAddress(component: string, { name, reference, functionHandle }: FunctionAddress): FunctionPath {
  if (functionHandle !== undefined)
    return parseHandle(functionHandle)
  if (name !== undefined)
    return name.startsWith(HANDLE_PREFIX) ? parseHandle(name) : parseFunctionName(component, name)
  if (reference?.startsWith(CHILD_PREFIX))
    return parseReference(component, reference.slice(CHILD_PREFIX.length).split('/'))
  throw new Error(`Invalid function reference: ${reference}`)
}

function parseHandle(handle: string): FunctionPath {
  const [component, name] = handle.slice(HANDLE_PREFIX.length).split(';')
  if (!handle.startsWith(HANDLE_PREFIX) || component === undefined || !name)
    throw new Error(`Invalid function handle: ${handle}`)
  return { ...parseFunctionName(component, name), isHandle: true }
}

/**
 * Parses the parts of a reference such as `components.child.admin.users.list`: the component, the
 * module and the export.
 */
function parseReference(component: string, [child = '', ...rest]: string[]): FunctionPath {
  const name = rest.at(-1)
  if (rest.length < 2 || name === undefined)
    throw new Error(`Invalid reference to a function of the component ${child}: ${rest.join('/')}`)
  return { component: component === '' ? child : `${component}/${child}`, module: rest.slice(0, -1).join('/'), name }
}
