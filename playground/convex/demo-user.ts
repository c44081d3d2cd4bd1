/** The account of the "Continue as demo user" button. It is no secret, and holds none. */
export const demoUser = { name: 'Demo user', email: 'demo@convue.dev', password: 'demo-of-convue' }
