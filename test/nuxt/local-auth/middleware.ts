import { defineEventHandler } from 'h3'
import { state } from './state.ts'

/** A middleware that forgets to skip the routes of Better Auth. */
export default defineEventHandler(async (event) => {
  if (state.mode === 'greedy')
    await event.context.convue.of(event).request.getSession()
})
