/** The routes of Better Auth. The module finds the user of a request through them. */
export default defineEventHandler(event => auth.handler(toWebRequest(event)))
