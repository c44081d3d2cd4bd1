import { ConvexClient } from 'convex/browser'
import { api } from '../../../test/support/convex/_generated/api.js'
import { container, url } from './page.ts'

/** The floor: a query that needs no user. */
new ConvexClient(url).onUpdate(api.users.whoamiTagged, { tag: 'Water the ferns' }, ({ tag }) => {
  const element = document.createElement('p')
  element.id = 'data'
  element.textContent = tag
  container.append(element)
})
