import { makeFunctionReference } from 'convex/server'
import { useConvexForm } from 'convue'
import * as v from 'valibot'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'

const add = makeFunctionReference<'mutation', { text: string, priority?: number }, string>('tasks:add')

describe('useConvexForm: types', () => {
  it('has the values of the schema of Valibot, and sends its output', () => {
    const schema = v.object({ text: v.string(), priority: v.optional(v.number()) })
    const { values, errors, formError, error, submit } = useConvexForm(add, {
      schema,
      initialValues: { text: '' },
      onSuccess: result => expectTypeOf(result).toEqualTypeOf<string>(),
    })
    expectTypeOf(values).toEqualTypeOf<{ text: string, priority?: number | undefined }>()
    expectTypeOf(errors.value).toEqualTypeOf<Readonly<Record<string, string>>>()
    expectTypeOf(formError.value).toEqualTypeOf<string | undefined>()
    expectTypeOf(error.value).toEqualTypeOf<Error | undefined>()
    expectTypeOf(submit()).resolves.toEqualTypeOf<boolean>()
    // @ts-expect-error the schema has no such field
    useConvexForm(add, { schema, initialValues: { text: '', title: '' } })
    // @ts-expect-error the text is missing
    useConvexForm(add, { schema, initialValues: () => ({}) })
  })

  it('takes a schema of Zod whose input and output differ', () => {
    const schema = z.object({ text: z.string(), priority: z.string().transform(Number) })
    const { values } = useConvexForm(add, { schema, initialValues: { text: '', priority: '1' } })
    expectTypeOf(values).toEqualTypeOf<{ text: string, priority: string }>()
  })

  it('requires toArgs if the output does not fit the mutation', () => {
    const schema = z.object({ title: z.string() })
    const { values } = useConvexForm(add, {
      schema,
      initialValues: { title: '' },
      toArgs: (output) => {
        expectTypeOf(output).toEqualTypeOf<{ title: string }>()
        return { text: output.title }
      },
    })
    expectTypeOf(values).toEqualTypeOf<{ title: string }>()
    // @ts-expect-error toArgs is missing
    useConvexForm(add, { schema, initialValues: { title: '' } })
    // @ts-expect-error the text of the arguments is missing
    useConvexForm(add, { schema, initialValues: { title: '' }, toArgs: () => ({ priority: 1 }) })
  })

  it('has the values of `initialValues` without a schema', () => {
    const { values, reset } = useConvexForm(add, { initialValues: { text: '' } })
    expectTypeOf(values).toEqualTypeOf<{ text: string }>()
    expectTypeOf(reset).parameter(0).toEqualTypeOf<{ text: string } | undefined>()
    expectTypeOf(useConvexForm(add, { initialValues: () => ({ text: '' }) }).values).toEqualTypeOf<{ text: string }>()
    const { values: other } = useConvexForm(add, { initialValues: { title: '' }, toArgs: ({ title }) => ({ text: title }) })
    expectTypeOf(other).toEqualTypeOf<{ title: string }>()
    // @ts-expect-error toArgs is missing
    useConvexForm(add, { initialValues: { title: '' } })
  })
})
