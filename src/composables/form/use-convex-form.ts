/** `useConvexForm`: the values, the errors and the submission of a form that calls a mutation. */

import type { FunctionArgs, FunctionReference } from 'convex/server'
import type { ComputedRef } from 'vue'
import type { UseConvexMutationOptions } from '../call/use-convex-mutation.ts'
import type { FieldErrors, FormFieldError } from './form-errors.ts'
import type { StandardSchema } from './standard-schema.ts'
import { computed, reactive, shallowRef, watch } from 'vue'
import { isEvent } from '../../errors/usage-errors.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { identityOf, identityScoped } from '../../plugin/identity-scoped.ts'
import { useConvexMutation } from '../call/use-convex-mutation.ts'
import { errorsOfFailure, errorsOfFields, errorsOfIssues } from './form-errors.ts'
import { copyValue, isEqualValue, replaceFields, valueAt } from './form-values.ts'

type Mutation = FunctionReference<'mutation'>

/** Options of {@link useConvexForm}. */
export interface UseConvexFormOptions<M extends Mutation, Values extends object, Output = Values>
  extends UseConvexMutationOptions<M> {
  /**
   * The values of an empty form. A function is called at the start, by `reset()`, and after an
   * identity change.
   */
  initialValues: NoInfer<Values> | (() => NoInfer<Values>)
  /**
   * A schema of Valibot, Zod or any other library with Standard Schema. The mutation receives the
   * schema's output.
   *
   * @default undefined: the mutation receives the values
   */
  schema?: StandardSchema<Values, Output>
  /**
   * Returns the arguments of the mutation for the output of the schema. Required if the output
   * itself does not fit.
   *
   * @default output => output
   */
  toArgs?: (output: NoInfer<Output>) => FunctionArgs<M>
  /**
   * Returns the errors by field for the data of a `ConvexError`, or `undefined` if the data does
   * not concern fields. Without this function, the data is read as `{ field, message }`,
   * `{ fields: { [path]: message } }` or `{ issues: [{ path, message }] }`.
   *
   * @default undefined
   */
  fieldErrors?: (data: any) => FieldErrors | undefined
  /**
   * Returns the text of `formError` for an error of the mutation that does not concern fields.
   *
   * @default the data of a `ConvexError` if it is a text, or its `message`, or `error.message`
   */
  describeError?: (error: Error) => string | undefined
}

/** The return value of {@link useConvexForm}: the state of the form, and its submission. */
export interface UseConvexFormReturn<Values extends object> {
  /**
   * The current values, for `v-model`. This reactive object remains the same; `reset()` and an
   * identity change replace its fields.
   */
  values: Values
  /**
   * The first message of each field with an error, by the path of the field: `errors.text`,
   * `errors['address.city']`.
   */
  errors: ComputedRef<Readonly<Record<string, string>>>
  /** All errors in order, with `name` and `message`: the shape that Nuxt UI takes. */
  errorList: ComputedRef<readonly FormFieldError[]>
  /** The first message that does not concern a field. */
  formError: ComputedRef<string | undefined>
  /** The error that the latest submission threw; `undefined` unless the mutation has failed. */
  error: ComputedRef<Error | undefined>
  /** Whether a submission is being validated or sent. */
  isPending: ComputedRef<boolean>
  /** Whether the values differ from the initial values, or from the values of the last `reset`. */
  isDirty: ComputedRef<boolean>
  /**
   * Validates the values, and calls the mutation with them if they are valid. Takes the event of a
   * form, so `@submit="submit"` is enough. While a submission is pending, further calls return its
   * promise, and nothing is sent twice.
   *
   * Resolves with `true` after the mutation has succeeded, and with `false` if the values are
   * invalid, if the mutation has failed, or if `reset()` or an identity change has ended the
   * submission before it was sent. The errors are part of the state.
   *
   * @throws what the schema or `toArgs` throws, since these are mistakes in the app's code
   */
  submit: (event?: unknown) => Promise<boolean>
  /** Validates the values, and shows the errors. Resolves with whether the values are valid. */
  validate: () => Promise<boolean>
  /**
   * Sets all values, by default to the initial values, and removes the errors. `isDirty` then
   * compares with these values. A submission that has been sent continues, but without effect on
   * the state.
   */
  reset: (values?: Values) => void
  /**
   * Shows errors that the app has found itself. The error of a field disappears when the value of
   * the field changes.
   *
   * @param errors One message or several messages by the path of the field; `''` for the form.
   */
  setErrors: (errors: FieldErrors) => void
}

/** `Args` whose optional fields may also be `undefined`, which Convex does not send. */
type LooseArgs<Args> = {
  [Field in keyof Args]: object extends Pick<Args, Field> ? Args[Field] | undefined : Args[Field]
}

/** `toArgs` is required unless the output of the schema fits the arguments of the mutation. */
type NeedsToArgs<M extends Mutation, Values extends object, Output>
  = Output extends LooseArgs<FunctionArgs<M>>
    ? unknown
    : Required<Pick<UseConvexFormOptions<M, Values, Output>, 'toArgs'>>

interface RefusedField extends FormFieldError {
  /** The refused value. If the field has another value, the error is not shown. */
  value: unknown
}

interface FormState {
  /** The pending submission. Each submission is another object. */
  submission?: { result?: Promise<boolean> }
  /** The errors of the schema. */
  invalid: FormFieldError[]
  /** The errors of the deployment or of the app. */
  refused: RefusedField[]
  error?: Error
  /** Whether the values have been validated, so that each change validates them again. */
  isValidated: boolean
}

const UNTOUCHED: FormState = { invalid: [], refused: [], isValidated: false }

/**
 * A form that calls a mutation: its values, the errors of its fields, and its submission.
 *
 * The values are validated when the form is submitted, and from then on after each change. An
 * identity change resets the form in the same tick, and a submission that has not been sent is then
 * not sent as the next user.
 *
 * @param mutation A mutation of `convex/_generated/api`.
 * @param options The initial values, a schema, and callbacks.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const schema = v.object({ text: v.pipe(v.string(), v.nonEmpty('Write something.')) })
 * const { values, errors, isPending, submit, reset } = useConvexForm(api.tasks.add, {
 *   schema,
 *   initialValues: { text: '' },
 *   onSuccess: () => reset(),
 * })
 * // <form @submit="submit"><input v-model="values.text" :aria-invalid="!!errors.text"></form>
 */
export function useConvexForm<M extends Mutation, Values extends object, Output>(
  mutation: M,
  options: UseConvexFormOptions<M, Values, Output> & { schema: StandardSchema<Values, Output> }
    & NeedsToArgs<M, Values, Output>,
): UseConvexFormReturn<Values>
export function useConvexForm<M extends Mutation, Values extends object>(
  mutation: M,
  options: Omit<UseConvexFormOptions<M, Values>, 'initialValues' | 'schema'>
    & { initialValues: Values | (() => Values), schema?: undefined } & NeedsToArgs<M, Values, Values>,
): UseConvexFormReturn<Values>
export function useConvexForm(
  mutation: Mutation,
  options: UseConvexFormOptions<Mutation, any, any>,
): UseConvexFormReturn<any> {
  const { initialValues, schema, toArgs = output => output, fieldErrors, describeError, ...callbacks } = options
  const context = useConvexContext('useConvexForm')
  const { mutate } = useConvexMutation(mutation, callbacks)
  const state = identityScoped(context, UNTOUCHED)
  const initial = (): object => copyValue(typeof initialValues === 'function' ? initialValues() : initialValues)
  const base = shallowRef(initial())
  const values = reactive<object>(copyValue(base.value))
  let validations = 0

  function patch(changes: Partial<FormState>): void {
    state.set({ ...state.value, ...changes })
  }

  /** Validates a copy of the values. Of several validations, only the latest sets the errors. */
  async function check(input: object): Promise<{ output: unknown } | undefined> {
    const validation = ++validations
    let result = schema ? schema['~standard'].validate(input) : { value: input }
    // A result that is not a promise is used at once, so that its errors are shown without a delay.
    if (result instanceof Promise)
      result = await result
    // An identity change sets `isValidated` to `false`: the next user must not see these errors.
    if (validation === validations && state.value.isValidated)
      patch({ invalid: errorsOfIssues(result.issues ?? []) })
    return result.issues ? undefined : { output: result.value }
  }

  async function validate(): Promise<boolean> {
    patch({ isValidated: true })
    return !!await check(copyValue(values))
  }

  async function run(own: FormState['submission']): Promise<boolean> {
    // After `reset()` or an identity change, the state belongs to another submission.
    const isCurrent = (): boolean => state.value.submission === own
    const settle = (changes: Partial<FormState> = {}): void => {
      if (isCurrent())
        patch({ submission: undefined, ...changes })
    }
    const input = copyValue(values)
    let args: any
    try {
      const valid = await check(input)
      if (!isCurrent())
        return false
      if (!valid) {
        settle()
        return false
      }
      args = toArgs(valid.output)
    }
    catch (error) {
      settle()
      throw error
    }
    try {
      await mutate(args)
      settle({ isValidated: false, invalid: [] })
      return true
    }
    catch (cause) {
      const error = cause as Error
      const refused = errorsOfFailure(error, fieldErrors, describeError)
      settle({ error, refused: withValues(refused, input) })
      return false
    }
  }

  function submit(event?: unknown): Promise<boolean> {
    if (isEvent(event))
      (event as Event).preventDefault()
    const { submission } = state.value
    if (submission)
      return submission.result!
    const own: FormState['submission'] = {}
    patch({ submission: own, isValidated: true, refused: [], error: undefined })
    own.result = run(own)
    return own.result
  }

  function reset(next?: object): void {
    validations++
    // `@click="reset"` passes the event.
    base.value = next && !isEvent(next) ? copyValue(next) : initial()
    replaceFields(values, copyValue(base.value))
    state.set(UNTOUCHED)
  }

  function setErrors(errors: FieldErrors): void {
    patch({ refused: withValues(errorsOfFields(errors), copyValue(values)) })
  }

  watch(values, () => {
    if (schema && state.value.isValidated)
      void check(copyValue(values))
  }, { deep: true })
  watch(() => identityOf(context), () => reset(), { flush: 'sync' })

  const errorList = computed<FormFieldError[]>(() => {
    const { invalid, refused } = state.value
    const current = refused.filter(({ name, value }) => name === '' || isEqualValue(valueAt(values, name), value))
    return [...invalid, ...current.map(({ name, message }) => ({ name, message }))]
  })

  return {
    values,
    errors: computed(() => firstByField(errorList.value)),
    errorList,
    formError: computed(() => errorList.value.find(({ name }) => name === '')?.message),
    error: computed(() => state.value.error),
    isPending: computed(() => !!state.value.submission),
    isDirty: computed(() => !isEqualValue(values, base.value)),
    submit,
    validate,
    reset,
    setErrors,
  }
}

/** Adds the value of each field, with which its error is compared later. */
function withValues(errors: FormFieldError[], values: object): RefusedField[] {
  return errors.map(error => ({ ...error, value: valueAt(values, error.name) }))
}

/** The first message of each field, in the order of the fields. */
function firstByField(errors: readonly FormFieldError[]): Record<string, string> {
  const messages = new Map<string, string>()
  for (const { name, message } of errors) {
    if (name !== '' && !messages.has(name))
      messages.set(name, message)
  }
  return Object.fromEntries(messages)
}
