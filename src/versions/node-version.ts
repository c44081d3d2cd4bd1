/** The versions of Node with which the command line and the embedded deployment work. */

/**
 * Returns whether a version of Node has `node:sqlite` without a flag. An old Node must be able to
 * load and run this module, since the command line calls it before it loads anything else.
 */
export function isNodeSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 13)
}
