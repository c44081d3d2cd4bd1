/** The public exports of `convue/vite`. */
export type { ConvueViteOptions } from './options.ts'
export { convue, convue as default } from './plugin.ts'
