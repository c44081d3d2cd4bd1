/** The public exports of `convue/tabs`. */
export { sharedTabs } from './shared-tabs.ts'
export type { SharedTabsOptions, SharedTabsSocket } from './shared-tabs.ts'
