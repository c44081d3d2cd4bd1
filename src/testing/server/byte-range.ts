/** The part of a file that the header `Range` of a request names. */

/** The bytes from `start` to `end`, without `end`. */
export interface ByteRange {
  start: number
  end: number
}

/** One range of the header: `0-99`, `100-`, or `-50` for the last 50 bytes. */
const RANGE = /^(\d*)-(\d*)$/

/**
 * The range of a header. The result is `null` if the whole file is the answer, because there is no
 * header or the header is malformed, and `unsatisfiable` if the file has no such bytes or the
 * header has several ranges, which Convex does not support.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const [unit, list] = (header ?? '').split('=')
  if (unit?.trim().toLowerCase() !== 'bytes' || !list)
    return null
  const ranges = list.split(',').map(text => RANGE.exec(text.trim()))
  const [first] = ranges
  if (ranges.some(range => !range || (range[1] === '' && range[2] === '')))
    return null
  if (ranges.length === 1)
    return resolveRange(first![1]!, first![2]!, size)
  return 'unsatisfiable'
}

function resolveRange(first: string, last: string, size: number): ByteRange | 'unsatisfiable' {
  if (first === '') {
    const length = Math.min(Number(last), size)
    if (length === 0)
      return 'unsatisfiable'
    return { start: size - length, end: size }
  }
  const start = Number(first)
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  if (start < end)
    return { start, end }
  return 'unsatisfiable'
}
