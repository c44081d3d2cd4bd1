import type { ScriptedPageOptions } from './scripted-page.ts'
import { scriptIdentity } from './identity.ts'
import { ScriptedPage, setupScriptedPage } from './scripted-page.ts'

/** The page of the running test. */
// eslint-disable-next-line import/no-mutable-exports
export let page: ScriptedPage

/**
 * Opens the page of a test. The functions of its deployment return the identity that they run as.
 * Importing this module installs fake timers in a test file, and closes its pages.
 */
export function openPage(options?: ScriptedPageOptions): ScriptedPage {
  page = new ScriptedPage(options)
  scriptIdentity(page.deployment)
  return page
}

setupScriptedPage()
