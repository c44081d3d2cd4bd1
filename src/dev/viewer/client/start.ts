/** Shows the section that the address of the page names. It runs in the browser. */
import type { Section, Ui } from './ui.ts'

export function startViewer(ui: Ui, sections: Record<string, Section>): void {
  const main = document.querySelector('main')!
  let end: (() => void) | void
  let shown = 0

  async function show(): Promise<void> {
    const [name = '', ...path] = location.hash.replace(/^#\//, '').split('/').map(decodeURIComponent)
    const links = [...document.querySelectorAll('header a')]
    const ids = links.map(link => link.getAttribute('href')!.slice('#/'.length))
    const id = ids.includes(name) ? name : ids[0]!
    const current = ++shown
    end?.()
    end = undefined
    for (const link of links) {
      if (link.getAttribute('href') === `#/${id}`)
        link.setAttribute('aria-current', 'page')
      else
        link.removeAttribute('aria-current')
    }
    const { activeElement } = document
    const focused = main.contains(activeElement) ? activeElement!.getAttribute('href') : null
    const root = ui.el('div')
    main.replaceChildren(root)
    try {
      const stop = await sections[id]!.show(root, path)
      if (current !== shown)
        return stop?.()
      end = stop
      // The focused link was replaced: the keyboard would begin at the start of the page.
      if (focused !== null && document.activeElement === document.body)
        [...main.querySelectorAll('a')].find(link => link.getAttribute('href') === focused)?.focus()
    }
    catch (error) {
      root.replaceChildren(ui.el('p', { role: 'alert', class: 'error' }, (error as Error).message))
    }
  }

  addEventListener('hashchange', () => void show())
  void show()
}
