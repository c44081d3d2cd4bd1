/** `convue create`: creates an app, and runs `convue init` in it, as `npm create convue` does. */
import { defineCommand } from 'citty'

export default defineCommand({
  meta: { name: 'create', description: 'Create a Vue or Nuxt app with Convex and Better Auth' },
  args: {
    folder: { type: 'positional', description: 'Folder of the new app', required: false, default: 'convue-app' },
    nuxt: { type: 'boolean', description: 'Create a Nuxt app instead of a Vue app with Vite', default: false },
    js: { type: 'boolean', description: 'Use JavaScript instead of TypeScript', default: false },
    auth: { type: 'string', description: 'See `convue init`' },
    install: {
      type: 'boolean',
      description: 'Install the packages',
      negativeDescription: 'Do not install the packages',
      default: true,
    },
  },
  async run({ args: { folder, nuxt, js, auth, install } }) {
    const { createApp } = await import('../init/create-app.ts')
    const { runInit } = await import('../init/run-init.ts')
    const { getUserAgent } = await import('package-manager-detector/detect')
    const framework = nuxt ? 'nuxt' : 'vite'
    await createApp({ folder, framework, language: js ? 'js' : 'ts' }, getUserAgent() ?? 'npm')
    // The app is new, so there is nothing to ask about.
    await runInit({ folder, auth, yes: true, dryRun: false, install, overwrite: false })
  },
})
