import type { Preview } from '@storybook/vue3-vite'
import type { MockConvex } from 'convue/testing/mock'
import { setup } from '@storybook/vue3-vite'
import { createMockConvex } from 'convue/testing/mock'
import '../src/style.css'

declare module '@storybook/vue3-vite' {
  interface Parameters {
    /** Sets the answers of the story's functions. */
    convex?: (mock: MockConvex) => void
  }
}

// Each story is an app of its own, and has a mock of its own.
setup((app, story) => {
  if (story)
    app.use(story.loaded.mock.plugin)
})

export default {
  loaders: ({ parameters }) => {
    const mock = createMockConvex({ user: { id: 'ada', name: 'Ada' } })
    parameters.convex?.(mock)
    return { mock }
  },
} satisfies Preview
