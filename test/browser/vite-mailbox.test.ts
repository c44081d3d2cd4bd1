import type { Browser } from 'playwright-core'
import type { Plugin } from 'vite'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convue } from '../../src/vite/index.ts'
import config from '../../vite.config.ts'
import { findViolations } from '../support/browser/axe.ts'
import { launchBrowser } from '../support/browser/browser.ts'
import { useViteApps } from '../vite/vite-app.ts'

const MAILER = join(import.meta.dirname, '../../src/convex/mail/create-mailer.ts')

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

describe('the mailbox of convue/vite', () => {
  const createApp = useViteApps()

  it('receives the mail of Better Auth whose link verifies the account', async () => {
    const app = createApp()
    const auth = readFileSync(join(app.root, 'convex/auth.ts'), 'utf8')
    app.write('convex/auth.ts', `import { createMailer } from ${JSON.stringify(MAILER)}
      const sendMail = createMailer()
      ${auth.replace('requireEmailVerification: false', 'requireEmailVerification: true').replace('    session: {', `    emailVerification: {
        sendOnSignUp: true,
        autoSignInAfterVerification: true,
        sendVerificationEmail: ({ user, url }) => sendMail({
          to: user.email,
          subject: 'Verify your address',
          html: \`<p>Welcome, \${user.name}. <a href="\${url.replaceAll('&', '&amp;')}">Verify</a><script>parent.document.title = 'changed'</script>\`,
        }),
      },
      session: {`)}`)
    app.write('index.html', '<link rel="icon" href="data:,"><div id="app"></div><script type="module" src="/main.ts"></script>')
    app.write('main.ts', `import { convexClient } from '@convex-dev/better-auth/client/plugins'
      import { createAuthClient } from 'better-auth/vue'
      import { createConvex, useAuthedQuery } from 'convue'
      import { anyApi } from 'convex/server'
      import { createApp, h } from 'vue'
      const authClient = createAuthClient({ plugins: [convexClient()] })
      const signUp = () => authClient.signUp.email({ name: 'Ada', email: 'ada@example.com', password: 'correct horse battery', callbackURL: '/' })
      const App = { setup() {
        const { data } = useAuthedQuery(anyApi.users.whoami, {})
        return () => [h('button', { onClick: signUp }, 'Sign up'), h('p', data.value ? 'Signed in' : 'Anonymous')]
      } }
      createApp(App).use(createConvex({ url: import.meta.env.VITE_CONVEX_URL, authClient })).mount('#app')\n`)
    const { url } = await app.start({}, { plugins: [convue({ data: false }) as Plugin], resolve: config.resolve! })
    const context = await browser.newContext({ baseURL: url })
    const mailbox = await context.newPage()
    await mailbox.goto('/__convue/mail')
    await mailbox.getByText('No mails yet').waitFor()
    const page = await context.newPage()
    await page.goto('/')
    await page.getByRole('button', { name: 'Sign up' }).click()
    await mailbox.getByRole('link', { name: 'Verify your address' }).click()
    const link = mailbox.frameLocator('iframe').getByRole('link', { name: 'Verify' })
    await link.waitFor()
    expect(await mailbox.title()).toBe('Verify your address')
    for (const colorScheme of ['light', 'dark'] as const) {
      await mailbox.emulateMedia({ colorScheme })
      expect(await findViolations(mailbox)).toEqual([])
    }
    const [verified] = await Promise.all([context.waitForEvent('page'), link.click()])
    await verified.getByText('Signed in').waitFor()
  })
})
