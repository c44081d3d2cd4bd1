/** The entry of the page's script, which is built into one file. */
import type { Section } from './ui.ts'
import { absentSection } from './absent.ts'
import { logSection, mailsSection, requestsSection } from './activity.ts'
import { functionsSection } from './functions.ts'
import { pageSection } from './page.ts'
import { scheduledSection } from './scheduled.ts'
import { startViewer } from './start.ts'
import { filesSection, tablesSection } from './tables.ts'
import { createUi } from './ui.ts'

const ui = createUi()

const { howToEmbed } = document.querySelector('main')!.dataset
const ofDeployment: Record<string, Section> = {
  tables: tablesSection(ui),
  files: filesSection(ui),
  log: logSection(ui),
  scheduled: scheduledSection(ui),
  functions: functionsSection(ui),
  mails: mailsSection(ui),
}
if (howToEmbed !== undefined) {
  for (const id of Object.keys(ofDeployment))
    ofDeployment[id] = absentSection(ui, howToEmbed)
}

startViewer(ui, { ...ofDeployment, page: pageSection(ui), requests: requestsSection(ui) })
