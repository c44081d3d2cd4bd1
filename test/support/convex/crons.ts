import { cronJobs } from 'convex/server'
import { internal } from './_generated/api'

const crons = cronJobs()

crons.interval('tick', { hours: 6 }, internal.counters.tick, {})

export default crons
