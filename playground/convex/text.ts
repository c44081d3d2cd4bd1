import { ConvexError } from 'convex/values'

/** The user's text, trimmed. Throws a `ConvexError` if the trimmed text is empty or longer than `max` characters. */
export function requireText(input: string, max: number): string {
  const text = input.trim()
  if (!text)
    throw new ConvexError({ code: 'EMPTY', message: 'Write something first.' })
  if (text.length > max)
    throw new ConvexError({ code: 'TOO_LONG', message: `That is ${text.length} characters long. ${max} is the limit.` })
  return text
}
