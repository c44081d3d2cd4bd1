// What a claim in `peerDependencies` is worth: the packed package, in an app that has the oldest version of each peer, and in one that has the newest.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'convue-peers-'))
const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { peerDependencies: Record<string, string> }

/** What the smoke test uses that is no peer. */
const TOOLS = ['happy-dom', '@types/node', '@types/ws']

/** An app without Nuxt, which check-nuxt.ts builds. */
const peers = Object.entries(peerDependencies).filter(([name]) => name !== 'nuxt')

const APPS: Record<string, (range: string) => string> = {
  oldest: range => range.match(/\d+\.\d+\.\d+/)![0],
  newest: range => range,
}

async function check(): Promise<void> {
  const [{ filename }] = JSON.parse(await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], root))
  await Promise.all(Object.entries(APPS).map(async ([name, versionOf]) => {
    const app = join(scratch, name)
    for (const folder of ['package/peers-app', 'support/convex'])
      cpSync(join(root, 'test', folder), join(app, folder), { recursive: true })
    writeJson(join(app, 'package.json'), {
      name,
      private: true,
      type: 'module',
      dependencies: {
        ...Object.fromEntries(peers.map(([peer, range]) => [peer, versionOf(range)])),
        convue: `file:../${filename}`,
      },
    })
    writeJson(join(app, 'tsconfig.json'), {
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2023', 'DOM', 'DOM.Iterable'],
        module: 'ESNext',
        moduleResolution: 'bundler',
        types: ['node'],
        allowImportingTsExtensions: true,
        strict: true,
        noEmit: true,
        skipLibCheck: true,
      },
      include: ['package', 'support'],
    })
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'], app)
    for (const tool of TOOLS) {
      mkdirSync(dirname(join(app, 'node_modules', tool)), { recursive: true })
      symlinkSync(join(root, 'node_modules', tool), join(app, 'node_modules', tool))
    }
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', app], app)
    await run(process.execPath, ['--no-warnings', '--import', './package/peers-app/page.ts', 'package/peers-app/smoke.ts'], app)
    const versions = peers.map(([peer]) => `${peer} ${JSON.parse(readFileSync(join(app, 'node_modules', peer, 'package.json'), 'utf8')).version}`)
    console.log(`The ${name} peers work: ${versions.join(', ')}.`)
  }))
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, JSON.stringify(value, null, 2))
}

/** What a program says; an error with all of it, if it fails. */
async function run(program: string, args: string[], cwd: string): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { cwd, maxBuffer: 2 ** 26 })).stdout
  }
  catch (error) {
    const { stdout, stderr } = error as { stdout: string, stderr: string }
    throw new Error(`${program} ${args.join(' ')} failed in ${cwd}:\n${stdout}\n${stderr}`, { cause: error })
  }
}

await check().finally(() => rmSync(scratch, { recursive: true, force: true }))
