import { createMockConvex } from 'convue/testing/mock'
import { expect, it } from 'vitest'
import { render } from 'vitest-browser-vue'
import { api } from '../convex/_generated/api'
import TaskList from './TaskList.vue'
import { answerTasks } from './tasks'

it('adds a task', async () => {
  const mock = createMockConvex({ user: { id: 'ada', name: 'Ada' } })
  answerTasks(mock, ['Buy milk'])
  const screen = await render(TaskList, { global: { plugins: [mock.plugin] } })
  await expect.element(screen.getByText('Buy milk')).toBeVisible()

  await screen.getByLabelText('New task').fill('Water the ferns')
  await screen.getByRole('button', { name: 'Add' }).click()
  await expect.element(screen.getByRole('listitem').first()).toHaveTextContent('Water the ferns')
  expect(mock.calls(api.tasks.add)).toMatchObject([{ args: { text: 'Water the ferns' }, userId: 'ada' }])
})

it('shows no task after the sign-out', async () => {
  const mock = createMockConvex({ user: { id: 'ada', name: 'Ada' } })
  answerTasks(mock, ['Buy milk'])
  const screen = await render(TaskList, { global: { plugins: [mock.plugin] } })
  await expect.element(screen.getByText('Buy milk')).toBeVisible()

  mock.setAuth('unauthenticated')
  await expect.element(screen.getByText('Buy milk')).not.toBeInTheDocument()
})
