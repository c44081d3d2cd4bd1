import process from 'node:process'
import { afterEach, describe, expect, it } from 'vitest'
import { loadFunctions } from './functions-host.ts'

const zone = process.env.TZ

afterEach(() => {
  if (zone === undefined)
    delete process.env.TZ
  else
    process.env.TZ = zone
})

describe('dates of functions', () => {
  it('are in UTC on a machine in another time zone', async () => {
    process.env.TZ = 'America/New_York'
    expect(new Date(2026, 0, 1).getTimezoneOffset()).toBe(300)
    const { value } = await loadFunctions({
      'dates.ts': `import { queryGeneric as query } from 'convex/server'
        const times = ['2026-07-05', '2026-07-05T10:00:00', '2026-07-05T10:00:00Z', '2026-07-05T10:00:00.5+02:00', 'Jul 5, 2026',
          'Jul 5, 2026 10:00', 'Sun, 05 Jul 2026 10:00:00 GMT', 'Sun Jul 05 2026 10:00:00 GMT+0200 (CEST)', 'garbage', '2026-07-05 10:00 PM']
        export const all = query({ handler: () => {
          const date = new Date(2026, 6, 5, 10)
          class OwnDate extends Date {}
          const changed = new OwnDate(date)
          changed.setHours(23, 30)
          return {
            parts: [date.getTime(), date.getHours(), date.getDay(), date.getTimezoneOffset(), changed.toISOString()],
            texts: [String(date), date.toDateString(), date.toTimeString(), date.toLocaleString('en-US'), date.toLocaleTimeString('en-US', { timeZone: 'Asia/Tokyo' })],
            intl: [Intl.DateTimeFormat().resolvedOptions().timeZone, new Intl.DateTimeFormat('en-US', { hour: 'numeric' }).format(date)],
            parsed: times.map(text => Date.parse(text) || 0).map(time => time && new Date(time).toISOString()),
            same: times.every(text => Object.is(Date.parse(text), new Date(text).getTime())),
            instance: [changed instanceof OwnDate, changed instanceof Date, String(new Date(NaN))],
          }
        } })`,
    })

    expect(await value('dates:all')).toEqual({
      parts: [Date.UTC(2026, 6, 5, 10), 10, 0, 0, '2026-07-05T23:30:00.000Z'],
      texts: [
        'Sun Jul 05 2026 10:00:00 GMT+0000 (Coordinated Universal Time)',
        'Sun Jul 05 2026',
        '10:00:00 GMT+0000 (Coordinated Universal Time)',
        '7/5/2026, 10:00:00 AM',
        '7:00:00 PM',
      ],
      intl: ['UTC', '10 AM'],
      parsed: [
        '2026-07-05T00:00:00.000Z',
        '2026-07-05T10:00:00.000Z',
        '2026-07-05T10:00:00.000Z',
        '2026-07-05T08:00:00.500Z',
        '2026-07-05T00:00:00.000Z',
        '2026-07-05T10:00:00.000Z',
        '2026-07-05T10:00:00.000Z',
        '2026-07-05T08:00:00.000Z',
        0,
        '2026-07-05T22:00:00.000Z',
      ],
      same: true,
      instance: [true, true, 'Invalid Date'],
    })
  })
})
