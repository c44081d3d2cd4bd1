// Without this file, Convue would create the same client. The forms of the Vue playground need the
// client, too.
export { authClient } from '../../src/auth-client'
