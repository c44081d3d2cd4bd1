import { globSync } from 'node:fs'
import { codegen } from '../../src/testing/index.ts'

// `npm run codegen`: writes the `_generated` folders that are committed.
const apps = globSync('./test/convex-components/apps/*/convex')
for (const functions of ['./playground/convex', './test/support/convex', ...apps])
  await codegen({ functions })
