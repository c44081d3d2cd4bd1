/** Prints sizes as Convex's error messages do. */
const UNITS = ['B', 'KiB', 'MiB', 'GiB']

export function formatBytes(bytes: number): string {
  const exponent = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const amount = bytes / 1024 ** exponent
  return `${Number.isInteger(amount) ? amount : amount.toFixed(2)} ${UNITS[exponent]}`
}
