import { describe, vi } from 'vitest'
import { itRenewsInTime } from '../support/live/renewal.ts'

const TEN_MINUTES = 600_000

describe('createConvex: a renewal after a sign-in ten minutes after page load', () => {
  // The Convex client counts the age of the page at its first connection twice.
  itRenewsInTime(({ age }) => vi.spyOn(performance, 'now').mockImplementation(() => age() + TEN_MINUTES))
})
