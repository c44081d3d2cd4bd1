/** The code before a migration as projects of TypeScript: one for each page of the documentation that begins with another library. */
import { join } from 'node:path'
import { codegen } from '../../../src/testing/index.ts'
import { APP, functionFiles, pages, writeFiles } from '../examples.ts'

/** The folder of the projects, and the Convex functions of the examples, which all of them use. */
export const BEFORE = join(APP, 'before')

export interface CodeBefore {
  page: string
  /** The library that the code uses. */
  library: string
  language: string
  code: string
}

/** Blocks with the attribute `before="<library>"`. */
export const codeBefore: CodeBefore[] = [...pages].flatMap(([page, text]) =>
  [...text.matchAll(/^```(\w+) before="([^"]+)"\n([\s\S]*?)^```$/gm)].map(([, language, library, code]) => ({ page, library: library!, language: language!, code: code! })))

/** The extension of the file with the code of a block: `html` is a component of Vue, which is not an example of Convue. */
const EXTENSIONS: Record<string, string> = { html: 'vue', jsx: 'tsx' }

/** As strict as the options for the examples. */
const COMPILER_OPTIONS = { exactOptionalPropertyTypes: true, jsx: 'react-jsx', noUnusedLocals: true }

/** The functions that a Nuxt module adds to an app without an import. Their types are in this folder. */
const AUTO_IMPORTS: Record<string, string[]> = {
  'better-convex-nuxt': ['definePageMeta', 'useConvexMutation', 'useConvexQuery'],
  'nuxt-convex-module': ['useAsyncQuery', 'useMutation'],
}

/** Files of an app that the code imports, and that its page does not show. */
const SUPPORT: Record<string, Record<string, string>> = {
  '@tanstack/vue-query': {
    'convex-http-client.ts': `import { ConvexHttpClient } from 'convex/browser'

export const client = new ConvexHttpClient('https://happy-otter-123.convex.cloud')
`,
  },
}

function writeAutoImports(library: string, names: string[]): string {
  const declarations = names.map(name => `  const ${name}: typeof import('../../../test/docs/before/${library}.ts').${name}`)
  return `export {}\n\ndeclare global {\n${declarations.join('\n')}\n}\n`
}

/** Fails if the functions have no types, with which the check of the code would find no errors. */
function writeTypedFunctions(api: string): string {
  return `import { api } from '${api}'

// @ts-expect-error The functions have types.
export const list: number = api.tasks.list
`
}

/** The folder of a library's project in {@link BEFORE}. */
export const folderOf = (library: string): string => library.replace('@', '').replace('/', '-')

function filesOf({ library, language, code }: CodeBefore): Record<string, string> {
  const names = AUTO_IMPORTS[library]
  const files = {
    [`code.${EXTENSIONS[language] ?? language}`]: code,
    'has-types.ts': writeTypedFunctions(names ? '#convex/api' : '../convex/_generated/api'),
    'tsconfig.json': JSON.stringify({ extends: '../../../tsconfig.json', compilerOptions: COMPILER_OPTIONS, include: ['*'] }),
    ...names && { 'auto-imports.d.ts': writeAutoImports(library, names) },
    ...SUPPORT[library],
  }
  return Object.fromEntries(Object.entries(files).map(([file, text]) => [`${folderOf(library)}/${file}`, text]))
}

/** Writes the projects. The folders of other libraries are removed. */
export async function writeProjects(): Promise<void> {
  const projects = codeBefore.map(({ library }) => ({ path: `./${folderOf(library)}` }))
  await writeFiles(BEFORE, ['.'], {
    'tsconfig.json': JSON.stringify({ files: [], references: projects }),
    // Nuxt apps import the functions by this name.
    'package.json': JSON.stringify({ name: 'before', private: true, type: 'module', imports: { '#convex/api': './convex/_generated/api.js' } }),
    ...functionFiles(),
    ...Object.assign({}, ...codeBefore.map(filesOf)),
  })
  await codegen({ functions: join(BEFORE, 'convex') })
}
