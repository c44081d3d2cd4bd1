import { runWithOwnIds } from '../suites.ts'

await runWithOwnIds()
