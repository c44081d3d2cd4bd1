import { api } from '../../../test/support/convex/_generated/api.js'

/** What each page shows, as soon as it has it: the tasks of whoever is signed in. */
export const tasks = api.tasks.list

/** Where the deployment is, which the page's address says. */
export const url = new URLSearchParams(location.search).get('deployment')!

export const container = document.querySelector('#app')!
