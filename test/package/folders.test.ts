import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Folder {
  /** The purpose of the folder. */
  why: string
  /** The folders of `src` that its files may import. */
  folders: string[]
  /** The packages that its files may import. */
  packages: RegExp | null
}

const CONVEX_DATA = /^convex\/(?:server|values)$/
const BETTER_AUTH_AND_CONVEX = /^(?:better-auth(?:\/(?:adapters|api|cookies|crypto|db|plugins\/[\w-]+))?|convex\/(?:server|values))$/
const VUE_AND_CONVEX = /^(?:vue|convex\/(?:browser|server|values))$/
const VUEUSE_AND_CONVEX = /^(?:vue|@vueuse\/core|convex\/(?:browser|server|values))$/
const NUXT_APP = /^(?:vue|vue-router|nuxt\/app|#(?:build|internal)\/.*|convex\/(?:server|values)|convue(?:\/server)?)$/
const NUXT_SERVER = /^(?:node:(?:async_hooks|http)|convue(?:\/(?:convex\/database|server))?)$/
/**
 * The files of `src/errors` that the server imports: all except the texts of errors that only other
 * entry points raise.
 */
const SERVER_ERRORS = ['catalogue', 'convue-error', 'error-definition', 'identity-errors', 'server-errors', 'usage-errors'].map(name => `src/errors/${name}.ts`)
const CORE = ['errors', 'shared', 'reactivity', 'token', 'client', 'store', 'plugin', 'devtools']

/** Every folder of `src`, and what its files may import. Imports within a folder are always allowed. */
const allowed: Record<string, Folder> = {
  '.': { why: 'the public exports of `convue`', folders: [...CORE, 'ssr', 'components', 'composables/auth', 'composables/call', 'composables/form', 'composables/pagination', 'composables/presence', 'composables/query', 'composables/upload'], packages: CONVEX_DATA },
  'errors': { why: 'every error that Convue raises', folders: [], packages: null },
  'shared': { why: 'functions and types that several folders use and none of them owns', folders: ['errors'], packages: CONVEX_DATA },
  'versions': { why: 'which versions of other packages work with Convue, and which are installed', folders: ['errors'], packages: /^node:(?:fs|path)$/ },
  'project': { why: 'the files of an app on disk: where its functions are', folders: [], packages: /^node:(?:fs|path)$/ },
  'token': { why: 'the current identity and its token: knows neither Vue, nor Convex, nor a page', folders: ['errors', 'shared'], packages: null },
  'reactivity': { why: 'how Convue uses the reactivity of Vue', folders: ['errors', 'shared'], packages: /^vue$/ },
  'client': { why: 'one ConvexClient for each identity, and the calls that they carry', folders: ['errors', 'shared', 'reactivity', 'token'], packages: VUE_AND_CONVEX },
  'ssr': { why: 'what a server fetches and a page takes, as data: knows neither Vue nor Nuxt', folders: ['errors', 'shared'], packages: CONVEX_DATA },
  'store': { why: 'subscribed queries and their state, shared by all components', folders: ['errors', 'shared', 'reactivity', 'token', 'client', 'ssr'], packages: VUE_AND_CONVEX },
  'devtools': { why: 'Vue DevTools in development: its inspector, its timeline, and its actions', folders: ['errors', 'shared', 'token', 'client', 'store'], packages: /^(?:vue|convex\/values|@vue\/devtools-api)$/ },
  'plugin': { why: 'puts the parts together for one Vue app', folders: [...CORE, 'ssr'], packages: VUEUSE_AND_CONVEX },
  'composables/lifecycle': { why: 'when a composable rests, and what awaiting it means', folders: ['reactivity'], packages: /^vue$/ },
  'composables/auth': { why: 'the identity, as components see it', folders: CORE, packages: VUE_AND_CONVEX },
  'composables/call': { why: 'mutations, actions and one-off calls, and the connection', folders: CORE, packages: VUEUSE_AND_CONVEX },
  'composables/form': { why: 'forms that call a mutation: values, errors by field, the submission', folders: [...CORE, 'composables/call'], packages: VUE_AND_CONVEX },
  'composables/query': { why: 'one live query, or several', folders: [...CORE, 'ssr', 'composables/lifecycle'], packages: VUEUSE_AND_CONVEX },
  'composables/pagination': { why: 'lists that load page by page', folders: [...CORE, 'composables/lifecycle', 'composables/query'], packages: VUEUSE_AND_CONVEX },
  'composables/presence': { why: 'the users of a room, with the presence component', folders: [...CORE, 'composables/lifecycle', 'composables/query'], packages: VUEUSE_AND_CONVEX },
  'composables/upload': { why: 'files: uploads, previews and their URLs', folders: [...CORE, 'composables/query'], packages: VUEUSE_AND_CONVEX },
  'components': { why: 'what a template renders for an auth status', folders: ['composables/auth'], packages: /^vue$/ },
  'server': { why: 'the public exports of `convue/server`', folders: ['errors', 'shared', 'ssr', 'server/config', 'server/request', 'server/proxy'], packages: null },
  'server/config': { why: 'options of a server, and what follows from them', folders: ['errors'], packages: null },
  'server/http': { why: 'bounded requests to the deployment', folders: ['shared', 'server/config'], packages: null },
  'server/request': { why: 'the identity of one request, and the functions that run as it', folders: ['errors', 'shared', 'ssr', 'server/config', 'server/http'], packages: /^(?:convex\/(?:server|values)|jose)$/ },
  'server/proxy': { why: 'the routes of Better Auth on the app\'s own origin', folders: ['server/config', 'server/http', 'server/request'], packages: null },
  'convex': { why: 'the public exports of `convue/convex`, and what its folders share', folders: ['errors', 'versions', 'convex/cross-domain', 'convex/database', 'convex/functions', 'convex/http', 'convex/http-database', 'convex/mail', 'convex/offline', 'convex/runtime', 'convex/tokens'], packages: /^convex\/values$/ },
  'convex/tokens': { why: 'tokens for Convex, and the keys that sign them', folders: ['convex', 'shared'], packages: BETTER_AUTH_AND_CONVEX },
  'convex/cross-domain': { why: 'sessions for pages on another domain than the deployment', folders: ['convex'], packages: BETTER_AUTH_AND_CONVEX },
  'convex/client': { why: 'the public exports of `convue/convex/client`: plugins of Better Auth\'s client, and their errors', folders: ['errors', 'convex/tokens', 'convex/cross-domain'], packages: null },
  'nuxt': { why: 'the Nuxt module', folders: ['nuxt/module'], packages: /^nuxt\/(?:kit|schema)$/ },
  'nuxt/module': { why: 'the steps of the module\'s set-up', folders: ['errors', 'project', 'versions'], packages: /^(?:nuxt\/(?:app|kit|schema)|node:(?:crypto|fs|http|path|process|timers\/promises|util)|convue(?:\/(?:dev|offline|persist|server|testing))?)$/ },
  'nuxt/runtime': { why: 'types that the module generates for an app, and adds to those of Nuxt', folders: ['nuxt/module', 'nuxt/runtime/app/utils', 'nuxt/runtime/server/utils'], packages: /^convue(?:\/server)?$/ },
  'nuxt/runtime/app/utils': { why: 'what several parts of the app share', folders: ['errors', 'nuxt/module'], packages: /^(?:vue|vue-router|nuxt\/app|#(?:build|internal)\/.*|convue|better-auth\/vue|convue\/(?:convex\/client|tabs\/worker))$/ },
  'nuxt/runtime/app/composables': { why: 'auto-imported composables', folders: ['nuxt/runtime/app/utils'], packages: NUXT_APP },
  'nuxt/runtime/app/middleware': { why: 'the rules of pages', folders: ['nuxt/module', 'nuxt/runtime/app/utils'], packages: NUXT_APP },
  'nuxt/runtime/app/plugins': { why: 'what runs when the app starts, in the browser and on the server', folders: ['nuxt/runtime/app/utils', 'nuxt/runtime/app/middleware'], packages: NUXT_APP },
  'nuxt/runtime/server': { why: 'all imports of Nitro and h3, in one file', folders: [], packages: /^(?:h3|nitropack\/runtime)$/ },
  'nuxt/runtime/server/utils': { why: 'what server routes and pages share about one request', folders: ['errors', 'shared', 'nuxt/runtime/server'], packages: NUXT_SERVER },
  'nuxt/runtime/server/plugins': { why: 'what runs when the server starts', folders: ['nuxt/runtime/server', 'nuxt/runtime/server/utils'], packages: NUXT_SERVER },
  'nuxt/runtime/server/handlers': { why: 'routes that the module adds', folders: ['nuxt/runtime/server', 'nuxt/runtime/server/utils'], packages: NUXT_SERVER },
  'convex/functions': { why: 'the caller of a Convex function: helpers, builders, and the API of Better Auth', folders: ['convex', 'shared'], packages: CONVEX_DATA },
  'convex/http': { why: 'the HTTP routes of Better Auth on the router of an app', folders: ['convex'], packages: /^convex\/server$/ },
  'convex/http-database': { why: 'Better Auth on the app\'s own server, whose tables are in the deployment: both ends of the connection', folders: ['errors', 'convex', 'convex/database', 'convex/http'], packages: /^convex\/values$/ },
  'convex/mail': { why: 'mails of an app, which a mailbox shows in development', folders: ['convex'], packages: null },
  'convex/offline': { why: 'mutations that run once, even if a page sends them again after a reload', folders: ['convex', 'convex/functions'], packages: CONVEX_DATA },
  'convex/runtime': { why: 'globals that the runtime of Convex lacks', folders: [], packages: null },
  'testing': { why: 'the public exports of `convue/testing`', folders: ['errors', 'project', 'versions', 'convex/client', 'testing/functions', 'testing/runtime', 'testing/server', 'testing/thread'], packages: /^(?:node:.*|convue|convex\/(?:server|values)|better-auth\/vue|esbuild|jose|ws)$/ },
  'offline': { why: 'the public exports of `convue/offline`: the durable outbox, which stores and sends the calls of a user', folders: ['errors', 'shared', 'reactivity', 'client', 'plugin'], packages: /^(?:idb|vue|convex\/values)$/ },
  'sources': { why: 'the public exports of `convue/sources`: one identity provider a file', folders: ['errors', 'shared'], packages: /^(?:convue|vue|convex\/(?:browser|server|values))$/ },
  'tabs': { why: 'the public exports of `convue/tabs`: sockets of a tab whose messages go through a worker', folders: ['errors', 'shared', 'token', 'tabs/hub'], packages: null },
  'tabs/hub': { why: 'one connection for the clients of several tabs: knows neither workers nor ports, and sets no timers itself', folders: ['shared', 'token'], packages: /^convex\/values$/ },
  'tabs/worker': { why: '`convue/tabs/worker`: the worker that holds the hubs', folders: ['shared', 'tabs', 'tabs/hub'], packages: null },
  'persist': { why: 'the public exports of `convue/persist`: results of queries that are kept for the next visit', folders: ['errors', 'reactivity', 'shared', 'ssr', 'store', 'token'], packages: /^(?:convex\/values|idb)$/ },
  'bridges': { why: 'what the caches of other query libraries share: keys, and subscriptions of their entries', folders: ['plugin', 'shared', 'store', 'composables/query'], packages: /^(?:vue|convex\/(?:server|values))$/ },
  'tanstack-query': { why: 'the public exports of `convue/tanstack-query`', folders: ['bridges', 'plugin'], packages: /^(?:vue|@tanstack\/vue-query|convex\/server)$/ },
  'pinia-colada': { why: 'the public exports of `convue/pinia-colada`', folders: ['bridges', 'plugin'], packages: /^(?:vue|@pinia\/colada|convex\/server)$/ },
  'mock': { why: 'the public exports of `convue/testing/mock`: a deployment and a provider in the page, which a test answers', folders: ['errors', 'shared'], packages: /^(?:convue|vue|convex\/(?:server|values))$/ },
  'convex/database': { why: 'Better Auth on tables of the app\'s own schema', folders: ['convex'], packages: /^(?:better-auth(?:\/(?:adapters|db))?|convex\/(?:server|values))$/ },
  'dev': { why: 'the embedded deployment of an app on the machine of its developer, shared by all development tools', folders: ['convex/mail', 'dev/viewer', 'errors', 'project', 'testing', 'versions'], packages: /^(?:node:.*|vite)$/ },
  'dev/viewer': { why: 'the page that shows the data of the embedded deployment, and runs its functions', folders: ['dev', 'testing'], packages: /^(?:node:.*|esbuild)$/ },
  'dev/viewer/client': { why: 'the script of this page, which is built into one file', folders: [], packages: null },
  'vite': { why: 'the Vite plugin: an app with its deployment', folders: ['dev', 'errors', 'project', 'testing', 'versions'], packages: /^(?:node:.*|vite)$/ },
  'vitest': { why: 'the `test` of Vitest with a deployment, users and pages', folders: ['testing'], packages: /^(?:convue|vitest|vue|ws)$/ },
  'cli': { why: 'the command `npx convue`: its entry point, and what its subcommands share', folders: ['cli/commands', 'convex/tokens', 'dev', 'errors', 'project', 'testing', 'versions'], packages: /^(?:node:.*|citty|@clack\/prompts|better-auth\/crypto)$/ },
  'cli/commands': { why: 'one subcommand a file', folders: ['cli', 'cli/doctor', 'cli/env', 'cli/init', 'dev', 'errors', 'project', 'testing', 'versions'], packages: /^(?:node:.*|citty|@clack\/prompts|package-manager-detector\/detect)$/ },
  'cli/init': { why: 'the steps of `convue init`: what an app is, what it needs, and how it receives it', folders: ['cli', 'cli/init/edits', 'dev', 'project', 'versions'], packages: /^(?:node:.*|@babel\/types|@clack\/prompts|diff|package-manager-detector(?:\/\w+)?|vue\/compiler-sfc)$/ },
  'cli/init/edits': { why: 'edits of the files of an app: text in, text out', folders: [], packages: /^(?:node:util|@babel\/types|vue\/compiler-sfc)$/ },
  'cli/doctor': { why: 'the checks of `convue doctor`, and their findings', folders: ['cli', 'cli/env', 'dev', 'errors', 'project', 'shared', 'testing', 'versions'], packages: /^node:/ },
  'cli/env': { why: 'the variables that `convue env sync` reads, creates and writes', folders: ['cli', 'dev'], packages: /^(?:node:.*|@clack\/prompts)$/ },
  'testing/thread': { why: 'the thread in which a deployment runs, and its messages', folders: ['errors', 'testing', 'testing/functions', 'testing/runtime', 'testing/server'], packages: /^node:/ },
  'testing/server': { why: 'the two ports of a deployment', folders: ['testing', 'testing/engine', 'testing/functions', 'testing/runtime', 'testing/sync'], packages: /^(?:node:.*|convex\/values|jose|ws)$/ },
  'testing/sync': { why: 'the sync protocol, one connection for each client', folders: ['testing', 'testing/runtime'], packages: /^(?:node:.*|convex\/values|ws)$/ },
  'testing/runtime': { why: 'calls of functions: checks, transactions, system calls, the scheduler', folders: ['testing', 'testing/engine', 'testing/functions'], packages: /^(?:node:.*|convex\/(?:server|values)|jose)$/ },
  'testing/functions': { why: 'bundles of functions, and the threads in which they run', folders: ['project', 'testing'], packages: /^(?:node:.*|esbuild)$/ },
  'testing/engine': { why: 'the database: knows neither functions, nor threads, nor sockets', folders: [], packages: /^(?:node:.*|convex\/values)$/ },
}

interface Import { file: string, folder: string, target: string, isRelative: boolean }

/** Every import, re-export and dynamic import of a file, including imports of types. */
function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const specifier = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
        ? node.arguments[0]
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined
    if (specifier && ts.isStringLiteral(specifier))
      found.push(specifier.text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  const path = relative(root, file)
  return found.map(target => ({
    file: path,
    folder: folderOf(path),
    target: target.startsWith('.') ? relative(root, join(dirname(file), target)) : target,
    isRelative: target.startsWith('.'),
  }))
}

/** The folder of a file relative to `src`: `.` for `src` itself. */
function folderOf(path: string): string {
  return dirname(relative('src', path))
}

/** Files that `convue init` writes into an app. They are not part of this library. */
const TEMPLATES = 'src/cli/templates/'

const files = globSync('src/**/*.ts', { cwd: root }).filter(file => !file.startsWith(TEMPLATES)).map(file => join(root, file))
const imports = files.flatMap(importsOf)

describe('the folders of src', () => {
  it('are all listed, and their imports are found', () => {
    const existing = new Set(files.map(file => folderOf(relative(root, file))))
    expect([...existing].sort()).toEqual(Object.keys(allowed).sort())
    expect(imports).toContainEqual({ file: 'src/plugin/create-convex.ts', folder: 'plugin', target: 'vue', isRelative: false })
    expect(imports).toContainEqual({ file: 'src/plugin/create-convex.ts', folder: 'plugin', target: 'src/token/auth-engine.ts', isRelative: true })
  })

  it('import only the folders that are listed for them', () => {
    const wrong = imports.filter(({ folder, target, isRelative }) =>
      isRelative && folderOf(target) !== folder && !allowed[folder]?.folders.includes(folderOf(target)))
    expect(wrong).toEqual([])
  })

  it('import only the packages that are listed for them', () => {
    const wrong = imports.filter(({ folder, target, isRelative }) => !isRelative && !allowed[folder]?.packages?.test(target))
    expect(wrong).toEqual([])
  })

  it('have no cycle of files that import one another', () => {
    const reaches = (from: string, wanted: string, seen = new Set<string>()): boolean => imports.some(({ file, target }) =>
      file === from && (target === wanted || (!seen.has(target) && reaches(target, wanted, seen.add(target)))))
    expect([...new Set(imports.map(({ file }) => file))].filter(file => reaches(file, file))).toEqual([])
  })

  it('import no file outside of src', () => {
    expect(imports.filter(({ target, isRelative }) => isRelative && !target.startsWith('src/'))).toEqual([])
    expect(imports.filter(({ target }) => /playground|(?:^|\/)test\//.test(target))).toEqual([])
  })
})

describe('docs/contributing/architecture.md', () => {
  const page = readFileSync(join(root, 'docs/contributing/architecture.md'), 'utf8')
  const section = page.split(/^## /m).find(text => text.startsWith('Folders\n'))!

  it('has one row for each folder in its table', () => {
    const rows = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, folder]) => folder!)
    const existing = [...new Set(Object.keys(allowed).filter(folder => folder !== '.').map(topOf))]
    expect(rows.sort()).toEqual(existing.sort())
  })

  it('has in its diagram the arrows between folders that do not follow from others', () => {
    const diagram = /```mermaid\n(.*?)```/s.exec(section)![1]!
    const arrows = diagram.split('\n').map(line => line.split('-->')).filter(({ length }) => length === 2).flatMap(([from, to]) =>
      namesIn(from!).flatMap(source => namesIn(to!).map(target => `${source} -> ${target}`)))
    expect(arrows.sort()).toEqual(arrowsThatDoNotFollow().sort())
  })

  /** The folders of one side of a line of the diagram. `index["…"]` stands for `src/index.ts`. */
  function namesIn(side: string): string[] {
    return side.split('&').map(name => name.trim().replace(/\[.*\]$/, ''))
  }

  /**
   * All arrows between top folders, without `errors` and `shared`, and without those that follow from
   * others. Arrows to `index` are always shown.
   */
  function arrowsThatDoNotFollow(): string[] {
    const targets = new Map<string, Set<string>>()
    for (const { folder, target, isRelative } of imports) {
      const from = topOf(folder)
      const to = isRelative ? topOf(folderOf(target)) : entryOf(target)
      if (to && to !== from && to !== 'errors' && to !== 'shared')
        targets.set(from, (targets.get(from) ?? new Set()).add(to))
    }
    const isReached = (from: string, to: string, skipped = to): boolean =>
      [...targets.get(from) ?? []].some(next => next !== skipped && (next === to || isReached(next, to, '')))
    return [...targets].flatMap(([from, all]) =>
      [...all].filter(to => to === 'index' || !isReached(from, to)).map(to => `${from} -> ${to}`))
  }

  /** The folder of `src` that an import of the package by its name, such as `convue/server`, refers to. */
  function entryOf(target: string): string | undefined {
    const entry = /^convue(?:\/(.*))?$/.exec(target)
    if (!entry)
      return
    return entry[1] === 'testing/mock' ? 'mock' : topOf(entry[1] ?? '.')
  }

  /** The first folder of a path, or `index` for `src` itself. */
  function topOf(folder: string): string {
    return folder === '.' ? 'index' : folder.split('/')[0]!
  }
})

describe('reactivity/vue-internals.ts', () => {
  it('is the only file that uses internals of Vue', () => {
    const users = files
      .filter(file => /\b__v_\w|\b__isKeepAlive\b|\.vnode\b/.test(ts.transpile(readFileSync(file, 'utf8'), { target: ts.ScriptTarget.ESNext, removeComments: true })))
      .map(file => relative(root, file))
    expect(users).toEqual(['src/reactivity/vue-internals.ts'])
  })
})

describe('shared/jwt.ts', () => {
  it('is the only decoder of JWTs that does not verify them, apart from the embedded deployment', () => {
    const decoders = files.filter(file => /\batob\(|\bdecodeJwt\(|\.split\('\.'\)\[1\]/.test(readFileSync(file, 'utf8')))
    expect(decoders.map(file => relative(root, file)).sort()).toEqual(['src/shared/jwt.ts', 'src/testing/runtime/auth.ts'])
  })
})

describe('src/nuxt', () => {
  it('declares the types of the runtime config and of the context of events, without a cast', () => {
    const casts = files
      .filter(file => /^nuxt\b/.test(folderOf(relative(root, file))))
      .flatMap(file => castsIn(file).map(text => `${relative(root, file)}: ${text}`))
      .filter(text => /runtimeConfig|useRuntimeConfig|\.context\b/i.test(text))
    expect(casts).toEqual([])
  })

  /** The texts of all casts in a file, apart from `as const`. */
  function castsIn(file: string): string[] {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
    const found: string[] = []
    const visit = (node: ts.Node): void => {
      if (ts.isAsExpression(node) && node.type.getText() !== 'const')
        found.push(node.getText())
      ts.forEachChild(node, visit)
    }
    visit(source)
    return found
  }
})

describe('src/token', () => {
  it('imports neither Vue nor Convex, and uses no global of a page', () => {
    expect(imports.filter(({ folder, isRelative }) => folder === 'token' && !isRelative)).toEqual([])
    const code = files
      .filter(file => folderOf(relative(root, file)) === 'token')
      .map(file => ts.transpile(readFileSync(file, 'utf8'), { target: ts.ScriptTarget.ESNext, removeComments: true }))
      .join('\n')
    expect(code).not.toMatch(/\b(?:window|document|localStorage|BroadcastChannel|(?<!signal\.)addEventListener\()/)
  })
})

describe('src/testing', () => {
  it('imports no other folders than src/errors, src/project, src/versions and src/convex/client', () => {
    const shared = imports.filter(({ folder, target, isRelative }) => /^testing\b/.test(folder) && isRelative && !/^testing\b/.test(folderOf(target)))
    expect([...new Set(shared.map(({ target }) => folderOf(target)))].sort()).toEqual(['convex/client', 'errors', 'project', 'versions'])
  })

  it('imports the plugin by its package name, and only when signUp() runs', () => {
    const importing = imports.filter(({ folder, target }) => folder === 'testing' && target === 'convue')
    expect([...new Set(importing.map(({ file }) => file))]).toEqual(['src/testing/sign-up.ts'])
    const code = readFileSync(join(root, 'src/testing/sign-up.ts'), 'utf8')
    expect(ts.transpile(code, { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext })).not.toMatch(/from 'convue'/)
  })

  it('is imported only by development tools, which run on the same machine', () => {
    expect(imports.filter(({ folder, target }) => !/^(?:dev|vite|vitest|cli)\b/.test(folder) && !/^testing\b/.test(folder) && /^testing\b/.test(folderOf(target)))).toEqual([])
  })
})

describe('src/server', () => {
  it('does not import Vue', () => {
    expect(imports.filter(({ folder, target }) => /^server\b/.test(folder) && target.startsWith('vue'))).toEqual([])
  })

  it('imports from other folders only files that need neither a browser nor Vue', () => {
    const shared = imports.filter(({ folder, target, isRelative }) => /^server\b/.test(folder) && isRelative && !/^server\b/.test(folderOf(target)))
    expect([...new Set(shared.map(({ target }) => target))].sort()).toEqual([...SERVER_ERRORS, 'src/shared/auth-answers.ts', 'src/shared/identity-id.ts', 'src/shared/jwt.ts', 'src/shared/paginated-query.ts', 'src/shared/rest-args.ts', 'src/shared/session-cookie.ts', 'src/shared/store-key.ts', 'src/shared/token-binding.ts', 'src/ssr/preloaded.ts'])
  })

  it('does not use globals of Node', () => {
    const code = files
      .filter(file => /^server\b/.test(folderOf(relative(root, file))))
      .map(file => ts.transpile(readFileSync(file, 'utf8'), { target: ts.ScriptTarget.ESNext, removeComments: true }))
      .join('\n')
    expect(code).not.toMatch(/\b(?:process|Buffer|require|__dirname|setImmediate)\b/)
  })
})

describe('src/convex', () => {
  it('imports neither Vue, nor Node, nor the packages that an app may not have', () => {
    const packages = imports.filter(({ folder, isRelative }) => /^convex\b/.test(folder) && !isRelative).map(({ target }) => target)
    expect(packages.filter(name => !BETTER_AUTH_AND_CONVEX.test(name))).toEqual([])
  })

  it('does not use globals of Node, apart from the environment variables', () => {
    const code = files
      .filter(file => /^convex\b/.test(folderOf(relative(root, file))))
      // Runs on the app's server, and uses `setImmediate` only where it exists.
      .filter(file => !file.endsWith('free-connection.ts'))
      .map(file => ts.transpile(readFileSync(file, 'utf8'), { target: ts.ScriptTarget.ESNext, removeComments: true }))
      .join('\n')
    expect(code.replaceAll('process.env.', '')).not.toMatch(/\b(?:process|Buffer|require|__dirname|setImmediate)\b/)
  })
})

describe('src/errors', () => {
  /** The imports of a file that remain at run time, without the imports of types. */
  const importsAtRunTime = (file: string): string[] => {
    const code = ts.transpile(readFileSync(join(root, file), 'utf8'), { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext })
    return [...code.matchAll(/from '(.*)'/g)].map(([, target]) => target!)
  }

  it('includes in the client only the texts of errors that the client raises', () => {
    expect(importsAtRunTime('src/errors/diagnose.ts').filter(file => file.endsWith('-errors.ts')))
      .toEqual(['./identity-errors.ts', './outbox-errors.ts', './upload-errors.ts', './usage-errors.ts'])
    const importing = imports.filter(({ target }) => /^src\/errors\/(?:server|nuxt|testing|convex)-errors/.test(target)).map(({ file }) => file)
    expect([...new Set(importing)].sort()).toEqual([
      'src/convex/setup-error.ts',
      'src/errors/catalogue.ts',
      'src/nuxt/module/auth-database.ts',
      'src/nuxt/module/missing-url.ts',
      'src/nuxt/runtime/app/utils/sign-in-warning.ts',
      'src/nuxt/runtime/server/utils/nuxt-error.ts',
      'src/server/config/server-error.ts',
      'src/testing/testing-error.ts',
    ])
  })

  it('defines ConvueError and the codes, and imports at run time only the address of the docs', () => {
    expect(importsAtRunTime('src/errors/convue-error.ts')).toEqual(['./docs-address.ts'])
    expect(importsAtRunTime('src/errors/docs-address.ts')).toEqual([])
    expect(importsAtRunTime('src/errors/catalogue.ts')).toEqual([])
  })
})
