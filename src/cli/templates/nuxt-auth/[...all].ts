/** The routes of Better Auth. The module uses them to find the user of a request. */
export default defineEventHandler(event => auth.handler(toWebRequest(event)))
