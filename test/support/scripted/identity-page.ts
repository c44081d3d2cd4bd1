import type { ScriptedPageOptions } from './scripted-page.ts'
import { scriptIdentity } from './identity.ts'
import { ScriptedPage, setupScriptedPage } from './scripted-page.ts'

/** The page of the running test. */
// eslint-disable-next-line import/no-mutable-exports
export let page: ScriptedPage

/**
 * Opens the one page of a test, whose functions return the identity that they ran as. Importing
 * this module gives a test file fake timers and closes its pages.
 */
export function openPage(options?: ScriptedPageOptions): ScriptedPage {
  page = new ScriptedPage(options)
  scriptIdentity(page.deployment)
  return page
}

setupScriptedPage()
