import { defaultConfig, FormKit, plugin } from '@formkit/vue'
import { makeFunctionReference } from 'convex/server'
import { useConvexForm } from 'convue'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

const add = makeFunctionReference<'mutation', { text: string, address: { city: string } }, null>('tasks:add')

const schema = v.object({
  text: v.pipe(v.string(), v.nonEmpty('Write something.')),
  address: v.object({ city: v.string() }),
})

let page: ScriptedPage
setupScriptedPage()

/** The form of docs/guides/forms.md with FormKit. The deployment refuses the text `taken`. */
async function mountForm() {
  page = new ScriptedPage({ user: 'ada' })
  page.deployment.functions.set('tasks:add', ({ text }) => {
    if (text === 'taken')
      throw Object.assign(new Error('refused'), { data: { fields: { 'text': 'That is taken.', 'address.city': 'Too far.' }, message: 'Look again.' } })
    return null
  })
  let form!: ReturnType<typeof useConvexForm<typeof add, { text: string, address: { city: string } }>>
  const wrapper = page.mount(defineComponent(() => {
    form = useConvexForm(add, { schema, initialValues: { text: '', address: { city: 'Oslo' } }, onSuccess: () => form.reset() })
    const errorsOf = (name: string): string[] => form.errorList.value.filter(error => error.name === name).map(({ message }) => message)
    return () => h(FormKit, {
      'type': 'form',
      'modelValue': form.values,
      'onUpdate:modelValue': (values: object) => Object.assign(form.values, values),
      'errors': [form.formError.value].filter(Boolean),
      'onSubmit': form.submit,
    } as never, () => [
      h(FormKit, { type: 'text', name: 'text', label: 'Text', delay: 0, errors: errorsOf('text') } as never),
      h(FormKit, { type: 'group', name: 'address' } as never, () => h(FormKit, { type: 'text', name: 'city', label: 'City', delay: 0, errors: errorsOf('address.city') } as never)),
    ])
  }), { plugins: [[plugin, defaultConfig()]] })
  await page.tick(1000)
  const messages = (): string[] => wrapper.findAll('[data-message-type=error]').map(element => element.text()).sort()
  const fill = async (name: string, text: string): Promise<void> => {
    await wrapper.find(`input[name=${name}]`).setValue(text)
    await page.tick(1000)
  }
  const submit = async (): Promise<void> => {
    await wrapper.find('form').trigger('submit')
    await page.tick(1000)
  }
  const sent = (): unknown[] => page.deployment.executions.filter(({ kind }) => kind === 'mutation').map(({ args }) => args)
  return { wrapper, form, messages, fill, submit, sent }
}

describe('useConvexForm with FormKit', () => {
  it('shows errors of the schema and the deployment at the inputs, and sends the input values', async () => {
    const { messages, fill, submit, sent, form } = await mountForm()
    await submit()
    expect([messages(), sent()]).toEqual([['Write something.'], []])
    await fill('text', 'taken')
    expect([messages(), form.values]).toEqual([[], { text: 'taken', address: { city: 'Oslo' } }])
    await submit()
    expect(messages()).toEqual(['Look again.', 'That is taken.', 'Too far.'])
    await fill('text', 'free')
    expect(messages()).toEqual(['Look again.', 'Too far.'])
    await submit()
    expect(messages()).toEqual([])
    expect(sent()).toEqual([{ text: 'taken', address: { city: 'Oslo' } }, { text: 'free', address: { city: 'Oslo' } }])
  })

  it('empties the inputs after a success and at an identity change', async () => {
    const { wrapper, messages, fill, submit } = await mountForm()
    const shown = (): string[] => wrapper.findAll('input').map(input => input.element.value)
    await fill('text', 'free')
    await fill('city', 'Rome')
    await submit()
    expect(shown()).toEqual(['', 'Oslo'])
    await fill('text', 'taken')
    await submit()
    expect(messages()).toHaveLength(3)
    page.source.signIn('bob')
    await page.tick(1000)
    expect([shown(), messages()]).toEqual([['', 'Oslo'], []])
  })
})
