/** The kinds of functions, and the runtimes in which functions run. */

export type FunctionKind = 'query' | 'mutation' | 'action'

export type CallKind = FunctionKind | 'httpAction'

/** `default` is Convex's own runtime; `node` runs the files with the directive "use node". */
export type RuntimeKind = 'default' | 'node'
