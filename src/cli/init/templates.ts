/** Reads the files that `init` writes from the folder of the templates, which is published. */
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { findOwner } from '../../versions/installed-package.ts'
import { stripTypes, stripTypesOfComponent } from './strip-types.ts'

/** The properties of an app to which templates are adapted. */
export interface TemplateOptions {
  language: 'js' | 'ts'
  /** The path of the functions folder, from the root of the app. */
  functions: string
}

/** The folder of Convue's package, whether this module is bundled or not. */
const { folder: PACKAGE, manifest } = findOwner(import.meta.dirname)!

/** The version of this package. */
export const CONVUE_VERSION = manifest.version

/**
 * The content of a template for an app.
 *
 * @param template The path of the template.
 * @param path The path at which the app has the file, from its root.
 */
export function readTemplate(template: string, path: string, { language, functions }: TemplateOptions): string {
  const text = readFileSync(join(PACKAGE, 'src/cli/templates', template), 'utf8')
    .replaceAll(/'[./]+\/convex\/(\w[\w/]*)'/g, (_match, module: string) =>
      `'${relativeImport(path, posix.join(functions, module))}'`)
  if (language === 'ts')
    return text
  if (template.endsWith('.vue'))
    return stripTypesOfComponent(text)
  return template.endsWith('.ts') ? stripTypes(text) : text
}

/** The path with which one file imports another. Both arguments begin at the root of the app. */
export function relativeImport(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}
