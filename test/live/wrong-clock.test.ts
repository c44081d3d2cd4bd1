import { describe, vi } from 'vitest'
import { itRenewsInTime } from '../support/live/renewal.ts'

const DAY = 86_400_000

describe('createConvex: a renewal on a computer whose clock is a day ahead', () => {
  itRenewsInTime(({ now }) => vi.spyOn(Date, 'now').mockImplementation(() => now() + DAY))
})
