// Without this file Convue makes the same client. The forms of the Vue playground use it too.
export { authClient } from '../../src/auth-client'
