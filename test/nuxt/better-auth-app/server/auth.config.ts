import process from 'node:process'
import { convex } from 'convue/convex'

/** What `defineServerAuth` of that module returns. */
export default () => ({
  emailAndPassword: { enabled: true },
  plugins: [convex({ issuer: `http://localhost:${process.env.PORT}` })],
})
