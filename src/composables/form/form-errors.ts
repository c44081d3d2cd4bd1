/** The errors of a form by field, from the issues of a schema and the data of a `ConvexError`. */
import type { SchemaIssue } from './standard-schema.ts'
import { ConvexError } from 'convex/values'

/**
 * An error of a form. This is the shape that `setErrors` of Nuxt UI's `<UForm>` takes.
 */
export interface FormFieldError {
  /** The path of the field, such as `text` or `address.city`; `''` for the form as a whole. */
  name: string
  /** The text for the user. */
  message: string
}

/** One message or several messages for each path of a field, such as `text` or `address.city`. */
export type FieldErrors = Record<string, string | readonly string[]>

/** The errors that a schema reports. */
export function errorsOfIssues(issues: readonly SchemaIssue[]): FormFieldError[] {
  return issues.map(({ path = [], message }) => ({ name: path.map(keyOf).join('.'), message }))
}

/** The errors of a record that has messages by field. */
export function errorsOfFields(fields: FieldErrors): FormFieldError[] {
  return Object.entries(fields).flatMap(([name, messages]) =>
    [messages].flat().map(message => ({ name, message: String(message) })))
}

/**
 * The errors of a mutation that has failed.
 *
 * @param error The error that the mutation has thrown.
 * @param fieldErrors Returns the errors by field for the data of a `ConvexError`, if the app's
 * functions do not follow the convention.
 * @param describe Returns the text for an error that does not concern a field.
 */
export function errorsOfFailure(
  error: Error,
  fieldErrors: ((data: any) => FieldErrors | undefined) | undefined,
  describe: (error: Error) => string | undefined = textOf,
): FormFieldError[] {
  const data: any = error instanceof ConvexError ? error.data : undefined
  const own = data === undefined ? undefined : fieldErrors?.(data)
  const errors = own ? errorsOfFields(own) : errorsOfData(data, error)
  if (errors.some(({ name }) => name !== ''))
    return errors
  const message = describe(error)
  return message === undefined ? [] : [{ name: '', message }]
}

/** The convention: `{ field, message }`, `{ fields: { [path]: message } }` or `{ issues: [] }`. */
function errorsOfData(data: any, error: Error): FormFieldError[] {
  if (typeof data?.field === 'string')
    return [{ name: data.field, message: textOf(error) }]
  if (typeof data?.fields === 'object' && data.fields) {
    const errors = errorsOfFields(data.fields)
    return typeof data.message === 'string' ? [...errors, { name: '', message: data.message }] : errors
  }
  return Array.isArray(data?.issues) ? errorsOfIssues(data.issues) : []
}

/** The text of a `ConvexError` is its data, or the `message` of its data. */
function textOf(error: Error): string {
  const data: any = error instanceof ConvexError ? error.data : undefined
  return [data, data?.message].find(text => typeof text === 'string') ?? error.message
}

function keyOf(segment: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof segment === 'object' ? segment.key : segment)
}
