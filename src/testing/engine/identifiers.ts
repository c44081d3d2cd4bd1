/** The names that Convex allows for tables, indexes and fields. */
const MAX_LENGTH = 64

/** Returns whether a table, an index, or a field of an index or a validator may have this name. */
export function isIdentifier(name: string): boolean {
  return name.length <= MAX_LENGTH && /^[a-z_]\w*$/i.test(name) && /[^_]/.test(name)
}

/** Returns whether each part of `a.b.c` is an identifier. */
export function isFieldPath(path: string): boolean {
  return path.split('.').every(isIdentifier)
}
