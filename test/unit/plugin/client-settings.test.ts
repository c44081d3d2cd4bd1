import { makeFunctionReference } from 'convex/server'
import { ConvueError, createConvex, useConvexQuery } from 'convue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ScriptedDeployment } from '../../support/scripted/scripted-deployment.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

const list = makeFunctionReference<'query', Record<string, never>, string[]>('tasks:list')

function errorOf(clientOptions: object): unknown {
  const { url } = new ScriptedDeployment()
  try {
    createConvex({ url, clientOptions })
    return undefined
  }
  catch (error) {
    return error
  }
}

describe('createConvex', () => {
  describe('clientOptions', () => {
    setupScriptedPage()
    afterEach(() => {
      vi.unstubAllEnvs()
    })

    it.each([
      ['disabled', true],
      ['disabled', false],
      ['expectAuth', true],
      ['expectAuth', false],
      ['initialAuthTokenReuse', true],
      ['initialAuthTokenReuse', false],
    ])('cannot contain `%s: %s`, because Convue sets this option itself', (option, value) => {
      const error = errorOf({ logger: false, [option]: value })
      expect(error).toBeInstanceOf(ConvueError)
      expect(error).toMatchObject({ code: 'CLIENT_OPTION_INVALID', why: expect.stringContaining(`\`${option}\``) })
    })

    it.each(['disabled', 'expectAuth', 'initialAuthTokenReuse'])('cannot contain `%s`, even in a production build', (option) => {
      vi.stubEnv('NODE_ENV', 'production')
      expect(errorOf({ [option]: true })).toMatchObject({ code: 'CLIENT_OPTION_INVALID', message: '[CLIENT_OPTION_INVALID]' })
    })

    it('can contain an option that Convue sets itself if its value is undefined', () => {
      expect(errorOf({ disabled: undefined, expectAuth: undefined, initialAuthTokenReuse: undefined })).toBeUndefined()
    })

    it('can contain other options of ConvexClient, which are passed to the client', async () => {
      const logger = { log: vi.fn(), warn: vi.fn(), error: vi.fn(), logVerbose: vi.fn() }
      const page = new ScriptedPage({ clientOptions: { logger, verbose: true } })
      page.deployment.functions.set('tasks:list', () => ['milk'])
      const { result } = page.run(() => useConvexQuery(list))
      await page.tick(100)
      expect(result.data.value).toEqual(['milk'])
      expect(logger.logVerbose).toHaveBeenCalled()
    })
  })
})
