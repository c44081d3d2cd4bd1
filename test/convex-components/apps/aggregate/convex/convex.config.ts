import aggregate from '@convex-dev/aggregate/convex.config'
import { defineApp } from 'convex/server'

const app = defineApp()
app.use(aggregate, { name: 'scoresByGame' })
app.use(aggregate, { name: 'visits' })

export default app
