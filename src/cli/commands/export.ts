/** `convue export`: writes all data of the embedded deployment into a ZIP file. */
import { passOnCommand } from '../pass-on.ts'

export default passOnCommand('export', 'Write all data of the embedded deployment into a ZIP file')
