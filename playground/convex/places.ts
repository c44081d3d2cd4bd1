import type { Infer } from 'convex/values'
import { v } from 'convex/values'

/** Where a bird was seen. */
export const place = v.union(v.literal('garden'), v.literal('wood'), v.literal('coast'))

export type Place = Infer<typeof place>

export const places: readonly Place[] = ['garden', 'wood', 'coast']
