/** The account of the "Continue as demo user" button. The password is public, and the account contains nothing secret. */
export const demoUser = { name: 'Demo user', email: 'demo@convue.dev', password: 'demo-of-convue' }
