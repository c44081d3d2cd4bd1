import { globSync } from 'node:fs'
import { codegen } from '../../src/testing/index.ts'

// `npm run codegen` runs this file, which writes all `_generated` folders of the repository.
const apps = globSync(['./test/convex-components/apps/*/convex', './test/convex/apps/*/convex', './examples/*/convex'])
for (const functions of ['./playground/convex', './test/support/convex', ...apps])
  await codegen({ functions })
