import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { SUPPORTED_VERSIONS } from '../../src/versions/supported-versions.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const { scripts, homepage, repository, bugs, author, peerDependencies } = JSON.parse(read('package.json'))

interface Step { 'run'?: string, 'uses'?: string, 'working-directory'?: string }
interface Job { 'steps': Step[], 'strategy'?: { matrix: Record<string, any> }, 'timeout-minutes'?: number }
interface Workflow { name: string, on: Record<string, unknown>, permissions: Record<string, string>, jobs: Record<string, Job> }

const workflows = globSync('.github/workflows/*.yml', { cwd: root }).map(file => ({ file, workflow: parse(read(file)) as Workflow }))
const jobs = workflows.flatMap(({ file, workflow }) => Object.entries(workflow.jobs).map(([name, job]) => ({ name: `${file}: ${name}`, job })))

/** The commands of a job. A command that contains `matrix.check` exists once for each value. */
function commandsOf({ steps, strategy }: Job): string[] {
  const checks: string[] = strategy?.matrix.check ?? []
  return steps.flatMap(({ run = '' }) => run.includes('matrix.check') ? checks.map(check => run.replace(/\$\{\{ matrix\.check \}\}/, check)) : [run]).filter(Boolean)
}

describe('the workflows', () => {
  it('run only scripts and files that exist', () => {
    const commands = jobs.flatMap(({ job }) => commandsOf(job))
    expect(commands).toContain('bash .ci/run')
    expect(commands).toContain('npm run check:lines -- --next')
    const names = commands.flatMap(command => [...command.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!))
    expect(names.length).toBeGreaterThan(8)
    expect(names.filter(name => !(name in scripts))).toEqual([])
    expect(commands.flatMap(command => [...command.matchAll(/\bbash (\S+)/g)].map(([, file]) => file!)).filter(file => !existsSync(join(root, file)))).toEqual([])
  })

  it('have a fixed version of each action, and no more permissions than they need', () => {
    for (const { file, workflow } of workflows) {
      expect(workflow.permissions, file).toEqual({ contents: 'read' })
      for (const { uses } of Object.values(workflow.jobs).flatMap(({ steps }) => steps).filter(({ uses }) => uses))
        expect(uses, file).toMatch(/^actions\/[\w-]+@v\d+$/)
    }
  })

  it('cover the supported versions', () => {
    const variants = jobs.flatMap(({ job }) => job.strategy?.matrix.include ?? []).map((include: { with: string }) => include.with)
    for (const wanted of ['', 'node@24', 'vue@~3.5', 'vue@beta', 'nuxt@4', 'convex@latest'])
      expect(variants.some(packages => packages === wanted || packages.split(' ').includes(wanted)), wanted).toBe(true)
    expect(read('.ci/run')).toContain('CI_WITH')
  })

  it('replace every peer with its latest version, except Better Auth', () => {
    const weekly = read('.github/workflows/weekly.yml')
    const [, reason, packages] = /- name: every peer in its latest version\n((?: +#.*\n)+) +with: (.*)\n/.exec(weekly)!
    const versions = Object.fromEntries(packages!.split(' ').map(each => [each.slice(0, each.lastIndexOf('@')), each.slice(each.lastIndexOf('@') + 1)]))
    expect(Object.keys(peerDependencies).filter(name => !(name in versions))).toEqual([])
    const others = Object.keys(versions).filter(name => !['latest', '3'].includes(versions[name]!))
    expect(others).toEqual(['better-auth'])
    expect(reason).toContain('Better Auth stays at 1.6, since')
    const component = JSON.parse(read('node_modules/@convex-dev/better-auth/package.json'))
    expect(component.peerDependencies['better-auth'], 'the component supports 1.7 now').toMatch(/<1\.7\.0/)
  })
})

describe('the commands of CONTRIBUTING.md', () => {
  it('exist', () => {
    const names = [...read('CONTRIBUTING.md').matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!)
    expect(names.length).toBeGreaterThan(10)
    expect(names.filter(name => !(name in scripts))).toEqual([])
  })
})

describe('the issue templates', () => {
  it('are forms with a name and fields', () => {
    const forms = ['bug', 'feature'].map(name => parse(read(`.github/ISSUE_TEMPLATE/${name}.yml`)))
    for (const { name, description, body } of forms) {
      expect([typeof name, typeof description]).toEqual(['string', 'string'])
      expect(body.some((field: any) => field.validations?.required)).toBe(true)
    }
  })
})

describe('the files for contributors', () => {
  it('exist', () => {
    for (const file of ['.github/pull_request_template.md', 'CODE_OF_CONDUCT.md', '.editorconfig', 'CONTRIBUTING.md', 'SECURITY.md', 'LICENSE'])
      expect(read(file).length, file).toBeGreaterThan(100)
  })
})

describe('the published packages', () => {
  it('are published with provenance', () => {
    for (const file of ['package.json', 'create-convue/package.json'])
      expect(JSON.parse(read(file)).publishConfig, file).toEqual({ access: 'public', provenance: true })
    expect(read('.github/workflows/release.yml').match(/npm publish --provenance/g)).toHaveLength(2)
  })
})

describe('the addresses in package.json', () => {
  it('are all filled in, or are all placeholders', () => {
    const addresses = [homepage, repository.url, bugs]
    expect([...addresses, author].every(Boolean)).toBe(true)
    expect(new Set(addresses.map(address => new URL(address).hostname.endsWith('.example'))).size).toBe(1)
  })

  it('are the same in create-convue', () => {
    const other = JSON.parse(read('create-convue/package.json'))
    expect([other.homepage, other.repository.url, other.bugs, other.author]).toEqual([homepage, repository.url, bugs, author])
  })
})

describe('STABILITY.md', () => {
  it('has a row for each package with supported versions, which names the lowest of them', () => {
    const rows = read('STABILITY.md').split('\n').filter(line => line.startsWith('| '))
    for (const [name, range] of Object.entries(SUPPORTED_VERSIONS)) {
      const [, , supported] = rows.find(row => row.startsWith('| ') && row.split('|')[1]!.includes(`(\`${name}\`)`))?.split('|') ?? []
      expect(supported, name).toBeDefined()
      const lowest = /\d+(?:\.\d+)*/.exec(range)![0].replace(/(?:\.0)+$/, '')
      expect(` ${supported} `, name).toContain(` ${lowest} `)
    }
  })

  it('names files that exist', () => {
    const files = [...read('STABILITY.md').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, file]) => file!)
    expect(files.length).toBeGreaterThan(5)
    expect(files.filter(file => !existsSync(join(root, file)))).toEqual([])
  })
})
