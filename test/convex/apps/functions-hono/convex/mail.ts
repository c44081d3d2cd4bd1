import { hasRole } from '../../../../../src/convex/index'
import { action } from './_generated/server'
import { renderMail } from './mailText'

/** This import adds the globals, whichever export it uses. */
export const role = hasRole('admin')

export const render = action({ args: {}, handler: async () => await renderMail('Ada') })
