/** Adds packages to `package.json`. */

/** Packages with their version ranges. */
export interface Packages {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

/** Adds the packages that `package.json` does not list yet. */
export function addPackages(text: string, { dependencies, devDependencies }: Packages): string {
  const manifest = JSON.parse(text) as Partial<Packages> & Record<string, unknown>
  const listed = { ...manifest.dependencies, ...manifest.devDependencies }
  let isChanged = false
  const wanted: [keyof Packages, Record<string, string>][] = [
    ['dependencies', dependencies],
    ['devDependencies', devDependencies],
  ]
  for (const [kind, packages] of wanted) {
    const missing = Object.entries(packages).filter(([name]) => !(name in listed))
    if (missing.length === 0)
      continue
    isChanged = true
    const all = [...Object.entries(manifest[kind] ?? {}), ...missing]
    manifest[kind] = Object.fromEntries(all.sort(([one], [other]) => one < other ? -1 : 1))
  }
  if (!isChanged)
    return text
  const indent = /^\{\r?\n([ \t]+)/.exec(text)?.[1] ?? '  '
  return JSON.stringify(manifest, null, indent) + (text.endsWith('\n') ? '\n' : '')
}
