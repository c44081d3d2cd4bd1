import type { Meta, StoryObj } from '@storybook/vue3-vite'
import type { MockConvex } from 'convue/testing/mock'
import { pending } from 'convue/testing/mock'
import { expect, userEvent } from 'storybook/test'
import { api } from '../convex/_generated/api'
import TaskList from './TaskList.vue'
import { answerTasks, task } from './tasks'

export default { component: TaskList } satisfies Meta<typeof TaskList>

type Story = StoryObj<typeof TaskList>

/** The parameters of a story that sets answers. */
function convex(answer: (mock: MockConvex) => void): Story['parameters'] {
  return { convex: answer }
}

export const Loading: Story = {
  parameters: convex(mock => mock.query(api.tasks.list, pending)),
}

export const Empty: Story = {
  parameters: convex(mock => mock.query(api.tasks.list, [])),
}

export const Failed: Story = {
  parameters: convex(mock => mock.query(api.tasks.list, () => {
    throw new Error('The list cannot be loaded.')
  })),
}

export const Offline: Story = {
  parameters: convex(mock => mock.query(api.tasks.list, [task('Buy milk')])),
  play: async ({ canvas, loaded }) => {
    await canvas.findByText('Buy milk')
    loaded.mock.setConnected(false)
    await canvas.findByText('You are offline. The list may be out of date.')
  },
}

/** The mutation changes what the query answers, as a deployment does. */
export const Adding: Story = {
  parameters: convex(mock => answerTasks(mock, ['Buy milk'])),
  play: async ({ canvas, loaded }) => {
    await userEvent.type(await canvas.findByLabelText('New task'), 'Water the ferns')
    await userEvent.click(canvas.getByRole('button', { name: 'Add' }))
    await canvas.findByText('Water the ferns')
    await expect(loaded.mock.calls(api.tasks.add)).toMatchObject([{ args: { text: 'Water the ferns' }, userId: 'ada' }])
  },
}
