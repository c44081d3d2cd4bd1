import { hasRole } from '../../../../../src/convex/index'
import { action } from './_generated/server'
import { renderMail } from './mailText'

/** Any export of the entry brings the globals. */
export const role = hasRole('admin')

export const render = action({ args: {}, handler: async () => await renderMail('Ada') })
