import process from 'node:process'
import vue from '@vitejs/plugin-vue'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'

// Without `CHROME_PATH`, the tests use the browser of `npx playwright install chromium`.
const { CHROME_PATH } = process.env
const launchOptions = CHROME_PATH ? { executablePath: CHROME_PATH, args: ['--no-sandbox'] } : {}

export default defineConfig({
  plugins: [vue()],
  test: {
    browser: {
      enabled: true,
      headless: true,
      provider: playwright({ launchOptions }),
      instances: [{ browser: 'chromium' }],
      screenshotFailures: false,
    },
  },
})
