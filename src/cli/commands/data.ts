/** `convue data`: lists the tables of the embedded deployment, or the documents of a table. */
import { passOnCommand } from '../pass-on.ts'

export default passOnCommand('data', 'List the tables of the embedded deployment, or the documents of a table')
