/** Writes variables in the form of `.env` files. */
import { devError } from '../dev/dev-error.ts'

/**
 * Lines that Node and the official command line read as these variables.
 *
 * @throws ConvueError `VARIABLE_NOT_WRITABLE`
 */
export function toDotenv(variables: Record<string, string>): string {
  return Object.entries(variables).map(([name, value]) => `${name}=${quote(name, value)}\n`).join('')
}

function quote(name: string, value: string): string {
  if (/^[\w./:+=@-]*$/.test(value))
    return value
  const mark = ['\'', '`', '"'].find(candidate => !value.includes(candidate))
  if (mark === undefined || (mark === '"' && value.includes('\\n')))
    throw devError('VARIABLE_NOT_WRITABLE', name)
  return `${mark}${value}${mark}`
}
