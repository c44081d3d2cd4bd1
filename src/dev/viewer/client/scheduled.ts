/** The section with scheduled functions and cron jobs. It runs in the browser. */
import type { Section, Ui } from './ui.ts'

interface Jobs {
  scheduled: Record<string, any>[]
  crons: {
    component: string
    name: string
    function: string
    args: unknown
    schedule: string
    nextTime: number
    lastRun: { time: number, status: string } | null
  }[]
}

export function scheduledSection(ui: Ui): Section {
  const { el } = ui

  function scheduledTable({ scheduled }: Jobs): HTMLElement {
    const rows = scheduled.map((job) => {
      const title = ui.titleOf({ component: job.component, name: job.name.replace('.js:', ':') })
      return [
        ui.inspect(title, title, job),
        ui.short(job.args),
        job.state?.kind ?? '',
        ui.time(job.scheduledTime),
        job.completedTime ? ui.time(job.completedTime) : '',
      ]
    })
    const columns = ['Function', 'Arguments', 'State', 'Due', 'Completed']
    return ui.table('Scheduled functions', columns, rows, 'No functions are scheduled.')
  }

  function cronsTable({ crons }: Jobs): HTMLElement {
    const rows = crons.map((job) => {
      const title = ui.titleOf(job)
      return [
        ui.inspect(title, title, job),
        job.function,
        job.schedule,
        ui.time(job.nextTime),
        lastRunOf(job),
      ]
    })
    const columns = ['Name', 'Function', 'Schedule', 'Next run', 'Last run']
    const empty = 'There are no cron jobs: the functions folder has no crons.ts with jobs.'
    return ui.table('Cron jobs', columns, rows, empty)
  }

  function lastRunOf({ lastRun }: Jobs['crons'][number]): Node | string {
    if (!lastRun)
      return 'has not run yet'
    if (lastRun.status === 'success')
      return ui.time(lastRun.time)
    return el('span', {}, ui.time(lastRun.time), ' ', el('strong', { class: 'error' }, 'error'))
  }

  return {
    async show(root) {
      const scheduled = el('div')
      const crons = el('div')
      root.append(el('h2', {}, 'Scheduled functions'), scheduled, el('h2', {}, 'Cron jobs'), crons)
      let shown = ''
      return ui.poll(async () => {
        const jobs: Jobs = await ui.get('scheduled')
        const text = JSON.stringify(jobs)
        if (text === shown)
          return
        shown = text
        ui.replace(scheduled, scheduledTable(jobs))
        ui.replace(crons, cronsTable(jobs))
      })
    },
  }
}
