/** `convue run`: runs a function on the embedded deployment. */
import { passOnCommand } from '../pass-on.ts'

export default passOnCommand('run', 'Run a function on the embedded deployment')
