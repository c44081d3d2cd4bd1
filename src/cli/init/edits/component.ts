/** Adds a component to the template of a single-file component. */
import { parse } from 'vue/compiler-sfc'
import { addImports, parseSource, print } from './source.ts'

/** The component that is added. */
export interface AddedComponent {
  name: string
  /** The path to import; `null` in Nuxt, which imports components by their names. */
  path: string | null
  language: 'js' | 'ts'
}

/** Nuxt's own page for an app without content. */
const PLACEHOLDER = /<NuxtWelcome\s*\/>/

/**
 * The edited text, with the component as the first child of the template. The same text if it has
 * the component, or `null` if it cannot be edited safely.
 */
export function addComponent(text: string, { name, path, language }: AddedComponent): string | null {
  const { descriptor: { template, script, scriptSetup }, errors } = parse(text, { sourceMap: false })
  if (errors.length > 0 || !template || template.lang || template.src)
    return null
  if (new RegExp(`<${name}\\b`).test(template.content))
    return text
  const { start, end } = template.loc
  const content = text.slice(start.offset, end.offset)
  const edited = insertTag(content, name)
  const withTag = text.slice(0, start.offset) + edited + text.slice(end.offset)
  if (path === null)
    return withTag
  if (scriptSetup) {
    // The script may be before or after the template.
    const shift = scriptSetup.loc.start.offset > start.offset ? edited.length - content.length : 0
    const source = parseSource(scriptSetup.content)
    if (!source)
      return null
    addImports(source, [[name, path]])
    const code = print(source)
    const at = scriptSetup.loc.start.offset + shift
    if (code === null)
      return null
    return withTag.slice(0, at) + code + withTag.slice(at + scriptSetup.content.length)
  }
  if (script)
    return null
  const attributes = language === 'ts' ? 'setup lang="ts"' : 'setup'
  return `<script ${attributes}>\nimport ${name} from '${path}'\n</script>\n\n${withTag}`
}

function insertTag(content: string, name: string): string {
  if (PLACEHOLDER.test(content))
    return content.replace(PLACEHOLDER, `<${name} />`)
  const indent = /\n([ \t]+)\S/.exec(content)?.[1] ?? '  '
  return `\n${indent}<${name} />${content.startsWith('\n') ? '' : '\n'}${content}`
}
