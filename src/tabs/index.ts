/** The public exports of `convue/tabs`. */
export { sharedTabs } from './shared-tabs.ts'
export type { SharedTabsOptions } from './shared-tabs.ts'
