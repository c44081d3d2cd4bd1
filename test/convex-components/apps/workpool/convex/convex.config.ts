import workpool from '@convex-dev/workpool/convex.config'
import { defineApp } from 'convex/server'

const app = defineApp()
app.use(workpool, { name: 'narrowPool' })
app.use(workpool, { name: 'retryingPool' })

export default app
