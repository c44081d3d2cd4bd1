import * as convue from 'convue'
import { addComponent, addImports } from 'nuxt/kit'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { addAutoImports } from '../../../src/nuxt/module/auto-imports.ts'

vi.mock('nuxt/kit', () => ({
  addComponent: vi.fn(),
  addImports: vi.fn(),
  addServerImports: vi.fn(),
  createResolver: () => ({ resolve: (path: string) => path }),
}))

/** The exports of `convue` that are not auto-imported, each with the reason. */
const EXCEPTIONS: Record<string, string> = {
  collectSsrData: 'the plugin of the module calls it',
  ConvueError: 'is only used with `instanceof`, where an import shows the origin of the class',
  createConvex: 'the plugin of the module calls it',
  createConvexHooks: 'is only called once, in a Nuxt plugin of the app',
  IdentityChangedError: 'is only used with `instanceof`, where an import shows the origin of the class',
  restoreSsrData: 'the plugin of the module calls it',
}

describe('addAutoImports', () => {
  beforeEach(() => {
    vi.clearAllMocks()
    addAutoImports()
  })

  it('adds every export of convue, apart from the exceptions with a reason', () => {
    const imports = vi.mocked(addImports).mock.calls.flatMap(([imports]) => imports).map(({ name }) => name)
    const components = vi.mocked(addComponent).mock.calls.map(([{ name }]) => name)
    expect([...imports, ...components, ...Object.keys(EXCEPTIONS)].sort()).toEqual(Object.keys(convue).sort())
  })

  it('adds every composable', () => {
    const composables = Object.keys(convue).filter(name => name.startsWith('use'))
    expect(composables).toContain('useConvexQuery')
    expect(composables.filter(name => name in EXCEPTIONS)).toEqual([])
  })
})
