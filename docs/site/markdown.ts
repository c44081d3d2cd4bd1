/** The parts of pages that the site renders differently from VitePress: anchors as on Git hosts, diagrams, and tables that the keyboard can scroll. */
import type { MarkdownRenderer } from 'vitepress'

/** The anchor that Git hosts generate for a heading, so that a link works in both places. */
export function anchorOf(heading: string): string {
  return heading.trim().toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')
}

export function extendMarkdown(markdown: MarkdownRenderer): void {
  const { fence } = markdown.renderer.rules
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index]!
    if (info.trim() === 'mermaid')
      return `<MermaidDiagram code="${encodeURIComponent(content)}" />\n`
    return fence!(tokens, index, ...rest)
  }
  markdown.renderer.rules.table_open = () => '<table tabindex="0">\n'
  // An empty cell is not a header.
  markdown.renderer.rules.th_open = (tokens, index, options, _env, self) => tokens[index + 1]?.content ? self.renderToken(tokens, index, options) : '<td>'
  markdown.renderer.rules.th_close = (tokens, index) => tokens[index - 1]?.content ? '</th>\n' : '</td>\n'
}
