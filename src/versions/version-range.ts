/** Compares versions with ranges in the form of npm. */

type Version = [major: number, minor: number, patch: number]

/** An operator and a version whose minor and patch number may be missing, such as `>=1.6`. */
const COMPARATOR = /^([\^~]|>=|<=|[><=])?v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/

/**
 * Whether a version is in a range such as `^1.48.0` or `>=1.6.34 <1.8 || 2`. A pre-release counts
 * as its release. A range of another form, such as `*` or `latest`, contains every version.
 *
 * @see https://github.com/npm/node-semver#ranges
 */
export function isInRange(version: string, range: string): boolean {
  const parsed = parse(version)
  const sets = range.replace(/([<>=~^])\s+/g, '$1').split('||')
  return sets.some(set => set.trim().split(/\s+/).every(comparator => matches(parsed, comparator)))
}

function matches(version: Version, comparator: string): boolean {
  const parts = COMPARATOR.exec(comparator)
  if (!parts)
    return true
  const operator = parts[1] ?? '='
  const [major = 0, minor, patch] = parts.slice(2).map(part => part === undefined ? undefined : Number(part))
  const first: Version = [major, minor ?? 0, patch ?? 0]
  const isAtLeast = (bound: Version): boolean => compare(version, bound) >= 0
  const next = afterAll(major, minor, patch)
  switch (operator) {
    case '>=': return isAtLeast(first)
    case '>': return isAtLeast(next)
    case '<': return !isAtLeast(first)
    case '<=': return !isAtLeast(next)
    case '~': return isAtLeast(first) && !isAtLeast(afterAll(major, minor))
    case '^': return isAtLeast(first) && !isAtLeast(afterCompatible(major, minor, patch))
    default: return isAtLeast(first) && !isAtLeast(next)
  }
}

/** The first version after all versions that begin with these numbers. */
function afterAll(major: number, minor?: number, patch?: number): Version {
  if (minor === undefined)
    return [major + 1, 0, 0]
  if (patch === undefined)
    return [major, minor + 1, 0]
  return [major, minor, patch + 1]
}

/** The first version that `^` excludes: it keeps the first number that is not zero. */
function afterCompatible(major: number, minor?: number, patch?: number): Version {
  if (major > 0)
    return afterAll(major)
  if (minor)
    return afterAll(major, minor)
  return afterAll(major, minor, patch)
}

function parse(version: string): Version {
  const [major = 0, minor = 0, patch = 0] = version.split(/[-+]/)[0]!.split('.').map(Number)
  return [major, minor, patch]
}

function compare(one: Version, other: Version): number {
  const index = one.findIndex((number, position) => number !== other[position])
  return index < 0 ? 0 : one[index]! - other[index]!
}
