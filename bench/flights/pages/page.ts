import { api } from '../../../test/support/convex/_generated/api.js'

/** The query of each page: the signed-in user's tasks. */
export const tasks = api.tasks.list

/** The URL of the deployment, from the page's address. */
export const url = new URLSearchParams(location.search).get('deployment')!

export const container = document.querySelector('#app')!
