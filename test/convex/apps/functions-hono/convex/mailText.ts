import { createElement } from 'react'
// @ts-expect-error The types of React are not installed.
import { renderToReadableStream } from 'react-dom/server.browser'

/** Renders as packages for mails do. React creates a `MessageChannel` when it is loaded. */
export async function renderMail(name: string): Promise<string> {
  const stream = await renderToReadableStream(createElement('p', null, `Hello ${name}`))
  await stream.allReady
  return await new Response(stream).text()
}
