import { Window } from 'happy-dom'

// Simulates a page in this process. This file is imported before Vue, which checks for a page when it is imported.
// `fetch` and sockets remain Node's.
const window = new Window({ url: 'http://localhost:5173' })
const { document, localStorage } = window
Object.assign(globalThis, { window, document, localStorage })
for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent'] as const)
  Object.assign(globalThis, { [name]: window[name].bind(window) })
for (const name of ['Element', 'HTMLElement', 'SVGElement', 'Node'] as const)
  Object.assign(globalThis, { [name]: window[name] })
