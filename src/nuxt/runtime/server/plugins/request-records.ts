/** Records the latest requests, and answers the data viewer. Only in `nuxt dev`. */
import { createError, defineEventHandler, defineNitroPlugin, getRequestHeader, useRuntimeConfig } from '../nitro.ts'
import { callerOf, outermostEvent } from '../utils/outermost-request.ts'
import { createRequestRecords } from '../utils/request-records.ts'

/** The data viewer requests the records with a key that only its server knows. */
export default defineNitroPlugin((nitro) => {
  const records = createRequestRecords()
  const { recordKey } = useRuntimeConfig().convex

  nitro.hooks.hook('request', (event) => {
    const { convue } = event.context
    if (!callerOf(event))
      records.start(event)
    event.context.convue = {
      ...convue,
      of: it => records.wrap(outermostEvent(it), convue.of(it)),
      onPayload: (it, payload) => records.addPayload(outermostEvent(it), payload),
    }
  })
  nitro.hooks.hook('afterResponse', event => records.end(event))
  nitro.router.get('/_convue/requests', defineEventHandler((event) => {
    if (!recordKey || getRequestHeader(event, 'x-convue-key') !== recordKey)
      throw createError({ statusCode: 404 })
    return records.latest
  }))
})
