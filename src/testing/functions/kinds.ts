/** The kinds of functions, and the runtimes in which functions run. */

export type FunctionKind = 'query' | 'mutation' | 'action'

export type CallKind = FunctionKind | 'httpAction'

/** `shared`: calls share the state of modules. `fresh`: each call evaluates its modules again. */
export type ModuleState = 'shared' | 'fresh'

/** `default` is Convex's own runtime; `node` runs the files with the directive "use node". */
export type RuntimeKind = 'default' | 'node'
