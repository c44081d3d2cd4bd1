/** The entry of the page's script, which is built into one file. */
import { logSection, mailsSection, requestsSection } from './activity.ts'
import { functionsSection } from './functions.ts'
import { scheduledSection } from './scheduled.ts'
import { startViewer } from './start.ts'
import { filesSection, tablesSection } from './tables.ts'
import { createUi } from './ui.ts'

const ui = createUi()

startViewer(ui, {
  tables: tablesSection(ui),
  files: filesSection(ui),
  log: logSection(ui),
  scheduled: scheduledSection(ui),
  functions: functionsSection(ui),
  mails: mailsSection(ui),
  requests: requestsSection(ui),
})
