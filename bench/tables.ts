export interface Table {
  title: string
  head: string[]
  rows: string[][]
}

export function printTables(tables: Table[], isMarkdown: boolean): void {
  for (const table of tables)
    console.log(isMarkdown ? toMarkdown(table) : toText(table))
}

function toMarkdown({ title, head, rows }: Table): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`
  return ['', `**${title}**`, '', line(head), `|${head.map((_, i) => i === 0 ? '---|' : '--:|').join('')}`, ...rows.map(line)].join('\n')
}

function toText({ title, head, rows }: Table): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map(row => row[i]!.length)))
  const line = (cells: string[]): string => cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join('  ')
  return ['', title, line(head), ...rows.map(line)].join('\n')
}
