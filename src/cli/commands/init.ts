/** `convue init`: adds Convex with Better Auth to a Vue or Nuxt app. */
import { defineCommand } from 'citty'

export default defineCommand({
  meta: { name: 'init', description: 'Add Convex with Better Auth to a Vue or Nuxt app' },
  args: {
    'folder': { type: 'positional', description: 'Folder of the app', required: false, default: '.' },
    'auth': {
      type: 'string',
      description: 'Place of Better Auth: local (your own tables, the default), component, or nuxt (the app\'s server)',
    },
    'yes': { type: 'boolean', alias: 'y', description: 'Do not ask', default: false },
    'dry-run': { type: 'boolean', description: 'Only show the changes', default: false },
    'install': {
      type: 'boolean',
      description: 'Install the packages',
      negativeDescription: 'Do not install the packages',
      default: true,
    },
    'overwrite': { type: 'boolean', description: 'Replace existing files with those of Convue', default: false },
  },
  async run({ args }) {
    const { runInit } = await import('../init/run-init.ts')
    await runInit({
      folder: args.folder,
      auth: args.auth,
      yes: args.yes,
      dryRun: args['dry-run'],
      install: args.install,
      overwrite: args.overwrite,
    })
  },
})
