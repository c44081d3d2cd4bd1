// Installs a browser for Linux in `chromium/`, unless the machine has a browser already. `npm ci`
// runs this program, so that most machines need not download 70 MB that no test would use.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { BROWSER_FOLDER, findInstalledBrowser } from './find-browser.ts'

if (process.platform === 'linux' && !findInstalledBrowser()) {
  const { status } = spawnSync('npm', ['ci'], { cwd: BROWSER_FOLDER, stdio: 'inherit' })
  // This does not fail `npm ci`, since only tests in a browser need it.
  if (status !== 0)
    console.warn('No browser could be installed. Tests in a browser need Chromium or Chrome.')
}
