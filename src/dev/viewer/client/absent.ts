/** What sections show without the embedded deployment. It runs in the browser. */
import type { Section, Ui } from './ui.ts'

export function absentSection(ui: Ui, howToEmbed: string): Section {
  return {
    async show(root) {
      root.append(
        ui.el('h2', {}, 'This section needs the embedded deployment'),
        ui.note('Tables, files, the log, scheduled work, functions and mails are those of the embedded deployment, '
          + 'which runs inside of nuxt dev. This app does not use it.'),
        ui.el('p', {}, howToEmbed),
      )
    },
  }
}
