import { Window } from 'happy-dom'

// A page in this process, imported before Vue looks whether there is one. `fetch` and sockets stay Node's.
const window = new Window({ url: 'http://localhost:5173' })
const { document, localStorage } = window
Object.assign(globalThis, { window, document, localStorage })
for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent'] as const)
  Object.assign(globalThis, { [name]: window[name].bind(window) })
for (const name of ['Element', 'HTMLElement', 'SVGElement', 'Node'] as const)
  Object.assign(globalThis, { [name]: window[name] })
