import { runWithConvexIds } from '../suites.ts'

await runWithConvexIds()
