/** Reads the number of a port from an option. */
import { devError } from '../dev/dev-error.ts'

/** @throws ConvueError `COMMAND_LINE_INVALID` */
export function readPort(option: string, value: string | undefined): number | undefined {
  if (value === undefined)
    return undefined
  const port = Number(value)
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    const expected = 'a number from 1 to 65535'
    const command = 'convue dev'
    throw devError('COMMAND_LINE_INVALID', { kind: 'value', command, name: `--${option}`, value, expected })
  }
  return port
}
