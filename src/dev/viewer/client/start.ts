/** Shows the section that the address of the page names. It runs in the browser. */
import type { Section, Ui } from './ui.ts'

export function startViewer(ui: Ui, sections: Record<string, Section>): void {
  const main = document.querySelector('main')!
  let end: (() => void) | void
  let shown = 0

  async function show(): Promise<void> {
    const [name = '', ...path] = location.hash.replace(/^#\//, '').split('/').map(decodeURIComponent)
    const id = sections[name] ? name : Object.keys(sections)[0]!
    const current = ++shown
    end?.()
    end = undefined
    for (const link of document.querySelectorAll('header a')) {
      if (link.getAttribute('href') === `#/${id}`)
        link.setAttribute('aria-current', 'page')
      else
        link.removeAttribute('aria-current')
    }
    const root = ui.el('div')
    main.replaceChildren(root)
    try {
      const stop = await sections[id]!.show(root, path)
      if (current === shown)
        end = stop
      else
        stop?.()
    }
    catch (error) {
      root.replaceChildren(ui.el('p', { role: 'alert', class: 'error' }, (error as Error).message))
    }
  }

  addEventListener('hashchange', () => void show())
  void show()
}
