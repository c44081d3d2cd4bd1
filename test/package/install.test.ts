import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isInRange } from '../../src/versions/version-range.ts'

interface LockedPackage { version: string, deprecated?: string, engines?: { node?: string } }

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> }

/** The versions of Node with which the README promises an installation without warnings. */
const [, oldest22, oldest24] = /npm and Node: ([\d.]+) or newer, or ([\d.]+) or newer/.exec(read('README.md')) ?? []

/** The packages for which `npm ci` prints a warning with this version of Node. */
function packagesThatWarn(node: string): string[] {
  return Object.entries(packages)
    .filter(([path, { engines }]) => path.includes('node_modules/') && !isInRange(node, engines?.node ?? '*'))
    .map(([path, { version, engines }]) => `${path} ${version} needs Node ${engines?.node}`)
}

describe('npm ci', () => {
  it.for([
    ['that it installs itself', devDependencies.node],
    ['22 that the README names', oldest22],
    ['24 that the README names', oldest24],
  ])('prints no warning with the Node %s', ([, version]) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(packagesThatWarn(version!)).toEqual([])
  })

  it('installs no deprecated package', () => {
    expect(Object.entries(packages).filter(([, { deprecated }]) => deprecated).map(([path]) => path)).toEqual([])
  })

  it('installs one copy of esbuild and TypeScript, besides those of Convex and VitePress', () => {
    const copies = Object.keys(packages).filter(path => /node_modules\/(?:esbuild|typescript)$/.test(path))
    expect(copies.sort()).toEqual([
      'node_modules/convex-next/node_modules/esbuild',
      'node_modules/convex/node_modules/esbuild',
      'node_modules/esbuild',
      'node_modules/typescript',
      // VitePress 1 needs Vite 5, which needs an older version.
      'node_modules/vitepress/node_modules/esbuild',
    ])
  })
})
