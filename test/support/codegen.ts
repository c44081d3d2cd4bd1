import { codegen } from '../../src/testing/index.ts'

// `npm run codegen`: writes the `_generated` folders that are committed.
for (const functions of ['./playground/convex', './test/support/convex'])
  await codegen({ functions })
