/** `errorMessage`: the text that a page shows for an error, from a map of codes to messages. */
import type { ConvueErrorCode } from './catalogue.ts'

/** The data of an error of your functions: an object with a `code`. */
export interface ErrorData {
  code: string
  [field: string]: any
}

/**
 * Messages by the code of an error. A message is a text, or a function that returns a text: with
 * an i18n library, write functions, so that the text follows the language. A function receives the
 * data of the error. `Data` is a union of the data that your functions throw. By default, any code
 * is allowed.
 */
export type ErrorMessages<Data extends { code: string } = ErrorData> = string extends Data['code']
  ? Record<string, ErrorMessage<any>>
  : { [Code in Data['code']]?: ErrorMessage<Extract<Data, { code: Code }>> }
    & { [Code in Exclude<ConvueErrorCode, Data['code']>]?: ErrorMessage<{ code: Code }> }

/** One message of {@link ErrorMessages}. */
export type ErrorMessage<Data> = string | ((data: Data) => string)

/**
 * The message for an error: that of its code, or else `fallback`. Without an error, the message is
 * `undefined`. The code is that of the data of a `ConvexError` (or the data itself, if it is a
 * string), or the `code` of any other error, such as a `ConvueError` or an error of Better Auth.
 *
 * @param error The error of a query, a call or the auth client; `undefined` and `null` mean none.
 * @param messages The message of each code.
 * @param fallback The message for any other error.
 * @example
 * const { error } = useConvexMutation(api.tasks.add)
 * const message = computed(() => errorMessage(error.value, {
 *   TOO_LONG: ({ limit }) => t('errors.tooLong', { limit }),
 * }, () => t('errors.other')))
 */
export function errorMessage<Data extends { code: string } = ErrorData>(
  error: unknown,
  messages: ErrorMessages<Data>,
  fallback?: string | (() => string),
): string | undefined {
  if (error === undefined || error === null)
    return undefined
  const data = dataOf(error)
  const known = messages as Record<string, ErrorMessage<any> | undefined>
  // A function may throw any code, such as `constructor`.
  const isKnown = data !== undefined && Object.hasOwn(known, data.code)
  const message = (isKnown ? known[data.code] : undefined) ?? fallback
  return typeof message === 'function' ? message(data) : message
}

/** The first object with a code: the data of the error, or the error itself. */
function dataOf(error: unknown): ErrorData | undefined {
  const { data } = error as { data?: unknown }
  if (typeof data === 'string')
    return { code: data }
  return [data, error].find(hasCode)
}

function hasCode(value: unknown): value is ErrorData {
  return typeof (value as Partial<ErrorData> | null | undefined)?.code === 'string'
}
