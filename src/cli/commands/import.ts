/** `convue import`: reads data from a file into the embedded deployment. */
import { passOnCommand } from '../pass-on.ts'

export default passOnCommand('import', 'Read data from a file into the embedded deployment')
