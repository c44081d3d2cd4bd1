// Runs the checks of vue-internals.ts with the version of Vue that this app has.
import { version } from 'vue'
import { vueInternals } from './vue-internals.ts'

async function run(): Promise<void> {
  for (const [name, check] of Object.entries(vueInternals)) {
    try {
      await check()
    }
    catch (error) {
      throw new Error(`Vue ${version}: the check "${name}" fails.`, { cause: error })
    }
  }
}

void run()
