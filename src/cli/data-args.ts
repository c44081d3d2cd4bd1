/** The option with which commands find the embedded deployment of an app. */

export const DATA_ARGS = {
  data: {
    type: 'string',
    valueHint: 'folder',
    description: 'Folder that keeps the data of the embedded deployment',
    default: '.convex-local',
  },
} as const
