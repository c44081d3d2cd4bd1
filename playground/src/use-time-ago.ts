import type { ComputedRef } from 'vue'
import { computed, onScopeDispose, shallowRef } from 'vue'

const MINUTE_MS = 60_000

const UNITS = [
  { unit: 'day', ms: 24 * 60 * MINUTE_MS },
  { unit: 'hour', ms: 60 * MINUTE_MS },
  { unit: 'minute', ms: MINUTE_MS },
] as const

const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** How long ago a moment was, in words that keep up with the clock; `moment` in milliseconds. */
export function useTimeAgo(moment: () => number): ComputedRef<string> {
  const now = shallowRef(Date.now())
  const timer = setInterval(() => now.value = Date.now(), MINUTE_MS / 2)
  onScopeDispose(() => clearInterval(timer))

  return computed(() => {
    // A moment ahead of this clock is as good as now.
    const passed = Math.max(0, now.value - moment())
    const unit = UNITS.find(({ ms }) => passed >= ms)
    return unit ? format.format(-Math.floor(passed / unit.ms), unit.unit) : 'just now'
  })
}
