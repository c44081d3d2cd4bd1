#!/usr/bin/env node
/** The command `convue`, as npm starts it. */
import process from 'node:process'
import { runCli } from './run-cli.ts'

process.exitCode = await runCli(process.argv.slice(2))
