/** The same page and the same behaviour as `local-install`, with other functions. */
import type { Check } from '../harness/check.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireGeneratedTables } from '../harness/generate-tables.ts'
import { useApp } from '../local-install/check.ts'

const check: Check = async (context) => {
  // The schema makes ents from the tables, so it cannot be loaded without any.
  const tables = readFileSync(join(context.folder, 'convex/authTables.ts'), 'utf8')
  await requireGeneratedTables(context.folder, `${tables}// This line is not in a new file.\n`)
  await useApp(context)
}

export default check
