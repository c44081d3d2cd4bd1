// Runs the checks of vue-internals.ts with the version of Vue that this app has.
import { version } from 'vue'
import { vueInternals } from './vue-internals.ts'

for (const [name, check] of Object.entries(vueInternals)) {
  try {
    await check()
  }
  catch (error) {
    throw new Error(`Vue ${version}: the check "${name}" fails.`, { cause: error })
  }
}
