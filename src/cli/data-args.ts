/** The option with which commands find the embedded deployment of an app. */
import { DEFAULT_DATA } from '../dev/options.ts'

export const DATA_ARGS = {
  data: {
    type: 'string',
    valueHint: 'folder',
    description: 'Folder that keeps the data of the embedded deployment',
    default: DEFAULT_DATA,
  },
} as const
