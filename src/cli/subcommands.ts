/** The subcommands of `convue`. Each is loaded only if it runs. */
import type { LazyCommands } from './command.ts'

export const SUBCOMMANDS: LazyCommands = {
  create: () => import('./commands/create.ts').then(module => module.default),
  init: () => import('./commands/init.ts').then(module => module.default),
  dev: () => import('./commands/dev.ts').then(module => module.default),
  doctor: () => import('./commands/doctor.ts').then(module => module.default),
  env: () => import('./commands/env.ts').then(module => module.default),
  keys: () => import('./commands/keys.ts').then(module => module.default),
  run: () => import('./commands/run.ts').then(module => module.default),
  data: () => import('./commands/data.ts').then(module => module.default),
  export: () => import('./commands/export.ts').then(module => module.default),
  import: () => import('./commands/import.ts').then(module => module.default),
}
