/** The names that Convex allows for tables, indexes and fields. */
const MAX_LENGTH = 64

/** Whether a name may be that of a table, an index, or a field in an index or a validator. */
export function isIdentifier(name: string): boolean {
  return name.length <= MAX_LENGTH && /^[a-z_]\w*$/i.test(name) && /[^_]/.test(name)
}

/** Whether each part of `a.b.c` is an identifier. */
export function isFieldPath(path: string): boolean {
  return path.split('.').every(isIdentifier)
}
