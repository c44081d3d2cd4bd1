import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { makeFunctionReference } from 'convex/server'
import { ConvexError } from 'convex/values'
import { ConvueError, IdentityChangedError, useConvexForm, useConvexQuery } from 'convue'
import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, nextTick } from 'vue'
import * as z from 'zod'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

// eslint-disable-next-line ts/consistent-type-definitions -- an interface is not assignable to the arguments of a function
type TaskArgs = { text: string, address?: { city: string }, tags?: string[], count?: number }

const add = makeFunctionReference<'mutation', TaskArgs, string>('tasks:add')

const schema = v.object({
  text: v.pipe(v.string(), v.trim(), v.nonEmpty('Write something.'), v.maxLength(5, 'That is too long.')),
  address: v.object({ city: v.pipe(v.string(), v.nonEmpty('Name a city.')) }),
})
const initialValues = { text: '', address: { city: '' } }
const valid = { text: ' abc ', address: { city: 'Oslo' } }

let page: ScriptedPage
setupScriptedPage()

/** A page with the mutation `tasks:add`. `refuse` throws the data of a `ConvexError`. */
function openPage(refuse: (args: TaskArgs) => any = () => undefined, options?: ScriptedPageOptions) {
  page = new ScriptedPage(options)
  page.deployment.latencyMs = 50
  page.deployment.functions.set('tasks:add', (args, subject) => {
    const data = refuse(args)
    if (data !== undefined)
      throw Object.assign(new Error('refused'), { data })
    return `${subject ?? 'anonymous'} added ${args.text}`
  })
}

function mountForm(options: object = {}) {
  return page.run(() => useConvexForm(add, { schema, initialValues, ...options } as { schema: typeof schema, initialValues: typeof initialValues })).result
}

const sent = (): any[] => page.deployment.executions.filter(({ kind }) => kind === 'mutation').map(({ args }) => args)

/** Submits, and lets the response arrive. */
async function submitted(form: { submit: () => Promise<boolean> }): Promise<boolean> {
  const result = form.submit()
  await page.tick(500)
  return await result
}

/** A schema whose validations settle when the test says so. */
function heldSchema() {
  const held: { value: any, settle: (message?: string) => Promise<void> }[] = []
  return {
    held,
    schema: {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: any) => new Promise<any>((resolve) => {
          const settle = async (message?: string): Promise<void> => {
            resolve(message ? { issues: [{ message, path: ['text'] }] } : { value })
            await page.tick(0)
          }
          held.push({ value, settle })
        }),
      },
    },
  }
}

describe('useConvexForm', () => {
  describe('a valid form', () => {
    it('sends the output of the schema, and resolves with true', async () => {
      openPage()
      const onSuccess = vi.fn()
      const form = mountForm({ onSuccess })
      Object.assign(form.values, structuredClone(valid))
      const result = form.submit()
      expect(form.isPending.value).toBe(true)
      await page.tick(500)
      expect(await result).toBe(true)
      expect(sent()).toEqual([{ text: 'abc', address: { city: 'Oslo' } }])
      expect(onSuccess).toHaveBeenCalledExactlyOnceWith('anonymous added abc', { text: 'abc', address: { city: 'Oslo' } })
      expect([form.isPending.value, form.errors.value, form.formError.value, form.error.value]).toEqual([false, {}, undefined, undefined])
    })

    it('sends the values if there is no schema, and the result of toArgs if there is one', async () => {
      openPage()
      const plain = page.run(() => useConvexForm(add, { initialValues: { text: 'plain', tags: ['a'] } })).result
      const mapped = page.run(() => useConvexForm(add, {
        schema: z.object({ title: z.string(), count: z.string().transform(Number) }),
        initialValues: { title: 'mapped', count: '3' },
        toArgs: ({ title, count }) => ({ text: title, count }),
      })).result
      expect([await submitted(plain), await submitted(mapped)]).toEqual([true, true])
      expect(sent()).toEqual([{ text: 'plain', tags: ['a'] }, { text: 'mapped', count: 3 }])
    })

    it('sends a double submit once, and resolves both calls', async () => {
      openPage()
      const form = mountForm()
      Object.assign(form.values, structuredClone(valid))
      const results = [form.submit(), form.submit()]
      await page.tick(60)
      results.push(form.submit())
      await page.tick(500)
      expect(await Promise.all(results)).toEqual([true, true, true])
      expect(sent()).toHaveLength(1)
      expect(await submitted(form)).toBe(true)
      expect(sent()).toHaveLength(2)
    })

    it('prevents the default action of the event of a form', async () => {
      openPage()
      const form = mountForm()
      const event = new Event('submit', { cancelable: true })
      expect(await form.submit(event)).toBe(false)
      expect(event.defaultPrevented).toBe(true)
    })

    it('sends the values that the form had when it was submitted', async () => {
      openPage()
      const form = page.run(() => useConvexForm(add, { initialValues: { text: 'before', tags: ['a'] } })).result
      const result = form.submit()
      form.values.text = 'after'
      form.values.tags.push('b')
      await page.tick(500)
      await result
      expect(sent()).toEqual([{ text: 'before', tags: ['a'] }])
    })
  })

  describe('an invalid form', () => {
    it('shows the first message of each field by its path, and sends nothing', async () => {
      openPage()
      const form = mountForm()
      form.values.text = 'abcdef'
      expect(form.errors.value).toEqual({})
      expect(await submitted(form)).toBe(false)
      expect(form.errors.value).toEqual({ 'text': 'That is too long.', 'address.city': 'Name a city.' })
      expect(form.errorList.value).toEqual([
        { name: 'text', message: 'That is too long.' },
        { name: 'address.city', message: 'Name a city.' },
      ])
      expect([form.isPending.value, form.formError.value, sent()]).toEqual([false, undefined, []])
    })

    it('is validated after each change once it was submitted', async () => {
      openPage()
      const form = mountForm()
      form.values.text = 'abcdef'
      await nextTick()
      expect(form.errors.value).toEqual({})
      await submitted(form)
      form.values.address.city = 'Oslo'
      await nextTick()
      expect(form.errors.value).toEqual({ text: 'That is too long.' })
      form.values.text = ' '
      await nextTick()
      expect(form.errors.value).toEqual({ text: 'Write something.' })
      form.values.text = 'abc'
      await nextTick()
      expect(form.errors.value).toEqual({})
    })

    it('has the errors of Zod, also for items of lists and for the whole form', async () => {
      openPage()
      const form = page.run(() => useConvexForm(add, {
        schema: z.object({ text: z.string().min(1, 'Required.'), tags: z.array(z.string().max(2, 'Short tags only.')) })
          .refine(({ tags }) => tags.length > 1, 'Two tags at least.'),
        initialValues: { text: 'a', tags: ['long'] },
      })).result
      await submitted(form)
      expect(form.errors.value).toEqual({ 'tags.0': 'Short tags only.' })
      form.values.tags[0] = 'ok'
      await nextTick()
      expect([form.errors.value, form.formError.value]).toEqual([{}, 'Two tags at least.'])
      form.values.tags.push('b')
      expect(await submitted(form)).toBe(true)
    })

    it('is validated by validate() without being sent', async () => {
      openPage()
      const form = mountForm()
      expect(await form.validate()).toBe(false)
      expect(Object.keys(form.errors.value)).toEqual(['text', 'address.city'])
      Object.assign(form.values, structuredClone(valid))
      expect(await form.validate()).toBe(true)
      expect([form.errors.value, sent()]).toEqual([{}, []])
    })

    it('rejects with the error that the schema throws, and can be submitted again', async () => {
      openPage()
      const broken = { '~standard': { version: 1, vendor: 'test', validate: vi.fn().mockRejectedValueOnce(new Error('broken')).mockReturnValue({ value: { text: 'a' } }) } }
      const form = mountForm({ schema: broken })
      await expect(form.submit()).rejects.toThrow('broken')
      expect([form.isPending.value, form.error.value]).toEqual([false, undefined])
      expect(await submitted(form)).toBe(true)
    })
  })

  describe('an asynchronous schema', () => {
    it('shows the errors of the latest validation only', async () => {
      openPage()
      const { schema, held } = heldSchema()
      const form = mountForm({ schema })
      void form.submit()
      await held[0]!.settle('first')
      expect(form.errors.value).toEqual({ text: 'first' })
      form.values.text = 'a'
      await nextTick()
      form.values.text = 'ab'
      await nextTick()
      expect(held.map(({ value }) => value.text)).toEqual(['', 'a', 'ab'])
      await held[2]!.settle('third')
      await held[1]!.settle('second')
      expect(form.errors.value).toEqual({ text: 'third' })
    })

    it('sends once if the form is submitted twice during the validation', async () => {
      openPage()
      const { schema, held } = heldSchema()
      const form = mountForm({ schema })
      const results = Promise.all([form.submit(), form.submit()])
      expect([held.length, form.isPending.value]).toEqual([1, true])
      await held[0]!.settle()
      await page.tick(500)
      expect(await results).toEqual([true, true])
      expect(sent()).toHaveLength(1)
    })

    it('sends nothing if reset() is called during the validation', async () => {
      openPage()
      const { schema, held } = heldSchema()
      const form = mountForm({ schema })
      const result = form.submit()
      form.reset()
      expect(form.isPending.value).toBe(false)
      await held[0]!.settle()
      await page.tick(500)
      expect([await result, sent()]).toEqual([false, []])
    })

    it('sends nothing as the next user if the identity changes during the validation', async () => {
      openPage(undefined, { user: 'ada' })
      await page.tick(500)
      const { schema, held } = heldSchema()
      const form = mountForm({ schema })
      const result = form.submit()
      page.source.signIn('bob')
      await page.tick(500)
      await held[0]!.settle()
      await page.tick(500)
      expect(sent()).toEqual([])
      expect([await result, form.errors.value, form.isPending.value]).toEqual([false, {}, false])
      void form.submit()
      await held[1]!.settle()
      await page.tick(500)
      expect(page.deployment.executions.filter(({ kind }) => kind === 'mutation').map(({ subject }) => subject)).toEqual(['bob'])
    })
  })

  describe('an error of the mutation', () => {
    it.for([
      { data: { field: 'text', message: 'Taken.' }, errors: { text: 'Taken.' }, formError: undefined },
      { data: { fields: { 'text': 'Taken.', 'address.city': ['Too far.', 'Too cold.'] } }, errors: { 'text': 'Taken.', 'address.city': 'Too far.' }, formError: undefined },
      { data: { fields: { text: 'Taken.' }, message: 'Look again.' }, errors: { text: 'Taken.' }, formError: 'Look again.' },
      { data: { issues: [{ path: ['address', 'city'], message: 'Too far.' }] }, errors: { 'address.city': 'Too far.' }, formError: undefined },
      { data: { code: 'FULL', message: 'The list is full.' }, errors: {}, formError: 'The list is full.' },
      { data: 'The list is full.', errors: {}, formError: 'The list is full.' },
      { data: { fields: 7, issues: 'none' }, errors: {}, formError: expect.stringContaining('refused') },
    ])('with the data $data is shown at its fields or at the form', async ({ data, errors, formError }) => {
      openPage(() => data)
      const onError = vi.fn()
      const form = mountForm({ onError })
      Object.assign(form.values, structuredClone(valid))
      expect(await submitted(form)).toBe(false)
      expect([form.errors.value, form.formError.value]).toEqual([errors, formError])
      expect(form.error.value).toBeInstanceOf(ConvexError)
      expect(onError).toHaveBeenCalledExactlyOnceWith(form.error.value, expect.anything())
      expect(form.isPending.value).toBe(false)
    })

    it('is read by fieldErrors and described by describeError if the app has its own conventions', async () => {
      let data: any = { code: 'TOO_LONG', limit: 3 }
      openPage(() => data)
      const form = mountForm({
        fieldErrors: ({ code, limit }: any) => code === 'TOO_LONG' ? { text: `${limit} characters at most.` } : undefined,
        describeError: (error: ConvexError<any>) => `Sorry: ${error.data.code}`,
      })
      Object.assign(form.values, structuredClone(valid))
      await submitted(form)
      expect([form.errors.value, form.formError.value]).toEqual([{ text: '3 characters at most.' }, undefined])
      data = { code: 'OTHER' }
      await submitted(form)
      expect([form.errors.value, form.formError.value]).toEqual([{}, 'Sorry: OTHER'])
    })

    it('of a field disappears while the field has another value, and at the next submission', async () => {
      openPage(({ text }) => text === 'abc' ? { field: 'text', message: 'Taken.' } : undefined)
      const form = mountForm()
      Object.assign(form.values, structuredClone(valid))
      await submitted(form)
      form.values.address.city = 'Rome'
      expect(form.errors.value).toEqual({ text: 'Taken.' })
      form.values.text = 'abd'
      expect(form.errors.value).toEqual({})
      form.values.text = ' abc '
      expect(form.errors.value).toEqual({ text: 'Taken.' })
      void form.submit()
      expect([form.errors.value, form.error.value]).toEqual([{}, undefined])
      await page.tick(500)
    })

    it('of Convue itself is in `error`', async () => {
      openPage()
      const form = page.run(() => useConvexForm(add, { initialValues: { text: 'a', address: new Map() as never } })).result
      expect(await submitted(form)).toBe(false)
      expect(form.error.value).toBeInstanceOf(ConvueError)
      expect(form.formError.value).toBe(form.error.value!.message)
    })
  })

  describe('setErrors', () => {
    it('shows errors at fields and at the form until the field changes', () => {
      openPage()
      const form = mountForm()
      form.setErrors({ 'text': 'Taken.', 'address.city': ['Too far.', 'Too cold.'], '': 'Look again.' })
      expect([form.errors.value, form.formError.value]).toEqual([{ 'text': 'Taken.', 'address.city': 'Too far.' }, 'Look again.'])
      form.values.text = 'b'
      expect(form.errors.value).toEqual({ 'address.city': 'Too far.' })
      form.setErrors({})
      expect([form.errors.value, form.formError.value]).toEqual([{}, undefined])
    })
  })

  describe('reset', () => {
    it('restores the initial values and removes the errors, in the same object', async () => {
      openPage()
      const form = mountForm()
      const { values } = form
      expect(form.isDirty.value).toBe(false)
      values.text = 'abcdef'
      Object.assign(values, { extra: 1 })
      expect(form.isDirty.value).toBe(true)
      await submitted(form)
      form.reset()
      expect(form.values).toBe(values)
      expect([values, form.errors.value, form.isDirty.value]).toEqual([initialValues, {}, false])
      values.address.city = 'Oslo'
      expect(form.isDirty.value).toBe(true)
      values.address.city = ''
      expect(form.isDirty.value).toBe(false)
      await nextTick()
      expect(form.errors.value).toEqual({})
      expect(initialValues.address.city).toBe('')
    })

    it('sets the given values, which isDirty then compares with', () => {
      openPage()
      const form = mountForm()
      const loaded = structuredClone(valid)
      form.reset(loaded)
      expect([form.values, form.isDirty.value]).toEqual([valid, false])
      form.values.address.city = 'Rome'
      expect([form.isDirty.value, loaded.address.city]).toEqual([true, 'Oslo'])
      form.reset(new MouseEvent('click') as never)
      expect([form.values, form.isDirty.value]).toEqual([initialValues, false])
    })

    it('can be called by onSuccess, and hides the outcome of a pending call', async () => {
      openPage(({ text }) => text === 'bad' ? 'Bad.' : undefined)
      const form = mountForm({ onSuccess: () => form.reset() })
      Object.assign(form.values, structuredClone(valid))
      expect(await submitted(form)).toBe(true)
      expect(form.values).toEqual(initialValues)

      Object.assign(form.values, structuredClone(valid), { text: 'bad' })
      const result = form.submit()
      await page.tick(60)
      form.reset()
      await page.tick(500)
      expect([await result, form.formError.value, form.error.value]).toEqual([false, undefined, undefined])
    })

    it('calls `initialValues` again if it is a function', () => {
      openPage()
      let count = 0
      const form = mountForm({ initialValues: () => ({ text: `${++count}` }) })
      expect(form.values.text).toBe('1')
      form.reset()
      expect(form.values.text).toBe('2')
    })
  })

  describe('identity change', () => {
    it('resets values, errors and state in the same tick, and the next page shows none of them', async () => {
      openPage(() => ({ field: 'text', message: 'Taken by ada.' }), { user: 'ada' })
      page.deployment.functions.set('users:whoami', (_args, subject) => subject)
      const seen: string[] = []
      const wrapper = page.mount(defineComponent(() => {
        const user = useConvexQuery(api.users.whoami)
        const form = useConvexForm(add, { schema, initialValues: () => ({ text: user.data.value ?? '', address: { city: '' } }) })
        Object.assign(form.values, { text: 'ada 1', address: { city: 'Oslo' } })
        void form.submit()
        return () => {
          const text = JSON.stringify([form.values, form.errors.value, form.formError.value, form.isPending.value, form.isDirty.value])
          seen.push(text)
          return h('p', text)
        }
      }))
      await page.tick(1000)
      expect(wrapper.text()).toContain('Taken by ada.')
      seen.length = 0
      page.source.signIn('bob')
      await nextTick()
      expect(wrapper.text()).toBe(JSON.stringify([initialValues, {}, undefined, false, false]))
      await page.tick(1000)
      expect(seen.filter(text => /ada|Oslo/.test(text))).toEqual([])
    })

    it('ends a pending call, without an error at the form of the next user', async () => {
      openPage(undefined, { user: 'ada' })
      await page.tick(500)
      const [onSuccess, onError] = [vi.fn(), vi.fn()]
      const form = mountForm({ onSuccess, onError })
      Object.assign(form.values, structuredClone(valid))
      page.deployment.isHolding = true
      const result = form.submit()
      await page.tick(60)
      page.source.report({ status: 'signedOut' })
      expect([form.isPending.value, form.values]).toEqual([false, initialValues])
      expect(await result).toBe(false)
      expect([form.error.value, form.formError.value]).toEqual([undefined, undefined])
      expect(onSuccess).not.toHaveBeenCalled()
      expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(IdentityChangedError), expect.anything())
      page.deployment.flush()
    })

    it('keeps the values when an unknown identity becomes known', async () => {
      openPage(undefined, { user: 'silent' })
      const form = mountForm()
      Object.assign(form.values, structuredClone(valid))
      const result = form.submit()
      page.source.signIn('ada')
      await page.tick(1000)
      expect([await result, form.values]).toEqual([true, valid])
      expect(page.deployment.executions.map(({ subject }) => subject)).toEqual(['ada'])
    })
  })
})
