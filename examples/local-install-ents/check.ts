/** The same page and the same behaviour as `local-install`, with other functions. */
export { default } from '../local-install/check.ts'
