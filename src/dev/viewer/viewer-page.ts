/** The page of the data viewer, as HTML. */
import { escapeHtml } from '../escape-html.ts'

/** The sections of the page, by their ids in the script of the page. */
const SECTIONS = {
  tables: 'Tables',
  files: 'Files',
  log: 'Log',
  scheduled: 'Scheduled',
  functions: 'Functions',
  mails: 'Mails',
  page: 'Page',
  requests: 'Requests',
}

/** The parts that differ between the pages of two requests or servers. */
export interface ViewerPageOptions {
  /** Allows the script and the style of the page. */
  nonce: string
  /** Whether the server records the requests of an app with Nuxt. */
  hasRequests: boolean
  /**
   * How the developer lets the embedded deployment run, which most sections need; `null` if the app
   * uses the embedded deployment.
   */
  howToEmbed: string | null
  /** The script of the page, which shows the sections that have a link. */
  script: string
}

/** The sections of an app with Nuxt. They need no deployment. */
const OF_NUXT = ['page', 'requests']

const STYLE = `
  :root { color-scheme: light dark; font: .9375rem/1.5 system-ui, sans-serif;
    --bg: light-dark(#fff, #16181c); --panel: light-dark(#f5f6f8, #1e2127); --text: light-dark(#1b1e24, #e8eaee);
    --muted: light-dark(#555b66, #a9b0bc); --line: light-dark(#d9dce3, #363b45); --accent: light-dark(#0f6b54, #5fd0ae);
    --on-accent: light-dark(#fff, #0b231c); --error: light-dark(#b3261e, #ffb4ab) }
  * { box-sizing: border-box }
  body { margin: 0; background: var(--bg); color: var(--text) }
  header { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem; padding: .5rem 1.25rem;
    background: var(--panel); border-bottom: 1px solid var(--line) }
  h1 { font-size: 1.0625rem; margin: 0 }
  h2 { font-size: 1.125rem; margin: 0 0 .5rem; overflow-wrap: anywhere }
  h3 { font-size: .9375rem; margin: 1rem 0 .25rem }
  ul { list-style: none; margin: 0; padding: 0 }
  header ul { display: flex; flex-wrap: wrap; gap: .25rem }
  a, .link { color: var(--accent) }
  nav a { display: block; padding: .25rem .625rem; border-radius: .375rem; color: var(--text); text-decoration: none;
    overflow-wrap: anywhere }
  nav a:hover { text-decoration: underline }
  nav a[aria-current] { background: var(--accent); color: var(--on-accent) }
  main { padding: 1.25rem }
  .columns { display: grid; grid-template-columns: minmax(10rem, 16rem) minmax(0, 1fr); gap: 1.5rem }
  .columns nav { max-height: calc(100vh - 7rem); overflow: auto }
  @media (max-width: 45rem) { .columns { grid-template-columns: minmax(0, 1fr) } .columns nav { max-height: 11rem } }
  .bar { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin-bottom: .75rem }
  .bar h2 { flex: 1 }
  label { display: grid; gap: .25rem }
  label span, .note, th { color: var(--muted) }
  input, select, textarea, button { font: inherit; color: inherit; background: var(--bg); padding: .375rem .625rem;
    border: 1px solid light-dark(#767d8a, #8b93a1); border-radius: .375rem; max-width: 100% }
  textarea { width: 100%; font-family: ui-monospace, monospace }
  button { cursor: pointer }
  .primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
  .link { border: 0; padding: 0; background: none; text-decoration: underline; font-family: ui-monospace, monospace;
    text-align: start }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
  .scroll { overflow: auto; border: 1px solid var(--line); border-radius: .5rem; margin-bottom: .75rem;
    max-height: 75vh }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: start; padding: .375rem .75rem; border-bottom: 1px solid var(--line); vertical-align: top;
    white-space: nowrap; max-width: 22rem; overflow: hidden; text-overflow: ellipsis }
  td { font: .8125rem/1.6 ui-monospace, monospace; white-space: pre }
  th { position: sticky; top: 0; background: var(--panel); font-weight: 600 }
  tbody tr:last-child td { border-bottom: 0 }
  pre { margin: 0; padding: .75rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem;
    overflow: auto; font: .8125rem/1.6 ui-monospace, monospace; max-height: 60vh }
  dialog { width: min(50rem, 92vw); color: var(--text); background: var(--bg); border: 1px solid var(--line);
    border-radius: .625rem }
  dialog::backdrop { background: rgb(0 0 0 / .5) }
  .nested { padding-inline-start: .75rem }
  .tag { font-size: .75rem; border: 1px solid; border-radius: 1rem;
    padding: 0 .5rem; white-space: nowrap }
  .tag.is-current { background: var(--accent); color: var(--on-accent); border-color: var(--on-accent) }
  dl { margin: 0 }
  dl div { display: grid; grid-template-columns: minmax(6rem, 11rem) minmax(0, 1fr); gap: 1rem; padding: .25rem 0;
    border-bottom: 1px solid var(--line) }
  dt { color: var(--muted) }
  dd { margin: 0; font: .8125rem/1.6 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere }
  .error { color: var(--error) }
`

/** The page with its script. */
export function viewerPage({ nonce, hasRequests, howToEmbed, script }: ViewerPageOptions): string {
  const sections = Object.entries(SECTIONS).filter(([id]) => !OF_NUXT.includes(id) || hasRequests)
  // The page opens with its first section, which must not be one that needs the deployment.
  if (howToEmbed !== null)
    sections.sort(([one], [other]) => OF_NUXT.indexOf(other) - OF_NUXT.indexOf(one))
  const main = howToEmbed === null ? '<main>' : `<main data-how-to-embed="${escapeHtml(howToEmbed)}">`
  const links = sections.map(([id, title]) => `<li><a href="#/${id}">${title}</a></li>`)
  // A string in the script must not end the element.
  const content = script.replaceAll('</script', '<\\/script')
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1"><title>Convue data</title>
    <link rel="icon" href="data:,"><style nonce="${nonce}">${STYLE}</style></head>
    <body><header><h1>Convue data</h1><nav aria-label="Sections"><ul>${links.join('')}</ul></nav></header>
    ${main}</main><script type="module" nonce="${nonce}">${content}</script></body></html>`
}

/** The Content-Security-Policy of the page. DevTools of the same origin may show it in a frame. */
export function viewerPolicy(nonce: string): string {
  return `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; `
    + 'img-src data:; frame-ancestors \'self\'; base-uri \'none\'; form-action \'none\''
}
