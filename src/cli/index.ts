#!/usr/bin/env node
/** The entry point of the command `convue`. */
import process from 'node:process'
import { explainOldNode } from './old-node.ts'

const problem = explainOldNode(process.versions.node)
if (problem) {
  console.error(problem)
  process.exitCode = 1
}
else {
  // Imported only now: other modules use features that an old Node lacks, and would fail to load.
  const { runCli } = await import('./run-cli.ts')
  process.exitCode = await runCli(process.argv.slice(2))
}
