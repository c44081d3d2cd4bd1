/** The path of Better Auth's routes. */
export const BASE_PATH = '/accounts'
