import type { Mode } from './state.ts'
import { defineEventHandler, getQuery } from 'h3'
import { state } from './state.ts'

/** Sets the mode, and returns the recorded requests. */
export default defineEventHandler((event) => {
  state.mode = (getQuery(event).mode as Mode | undefined) ?? 'normal'
  return state.requests.splice(0)
})
