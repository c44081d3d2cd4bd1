import type { Deployment } from '../../src/testing/index.ts'
import type { Id } from './apps/ents/convex/_generated/dataModel.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './app.ts'
import { api } from './apps/ents/convex/_generated/api.js'

const DAY = 24 * 60 * 60 * 1000

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('ents')
})
afterAll(() => deployment.close())

describe('convex-ents', () => {
  it('reads and writes edges of all kinds, with defaults', async () => {
    const ada = await deployment.mutation(api.users.add, { name: 'ada', bio: 'writes programs' })
    await deployment.mutation(api.users.add, { name: 'bea', bio: 'reads them', friends: [ada] })
    await deployment.mutation(api.users.addTask, { user: ada, text: 'Think', tags: ['home', 'quiet'] })
    await deployment.mutation(api.users.addTask, { user: ada, text: 'Type', tags: ['home'] })
    expect(await deployment.query(api.users.get, { email: 'ada@example.com' })).toMatchObject({
      bio: 'writes programs',
      friends: ['bea'],
      tasks: [{ text: 'Type', priority: 3, tags: ['home'] }, { text: 'Think', priority: 3, tags: ['home', 'quiet'] }],
    })
    const home = await deployment.query(api.users.taggedWith, { name: 'home' })
    expect(home.tasks).toEqual(['Think', 'Type'])

    const { tasks: [type] } = await deployment.query(api.users.get, { email: 'ada@example.com' })
    const quiet = await deployment.query(api.users.taggedWith, { name: 'quiet' })
    await deployment.mutation(api.users.setTags, { task: type!.id, add: [quiet.id], remove: [home.id] })
    expect((await deployment.query(api.users.taggedWith, { name: 'home' })).tasks).toEqual(['Think'])
    expect((await deployment.query(api.users.taggedWith, { name: 'quiet' })).tasks).toEqual(['Think', 'Type'])
  })

  it('refuses a second value of a unique field, and an unknown ent', async () => {
    await expect(deployment.mutation(api.users.add, { name: 'ada', bio: 'another' })).rejects.toThrow('cannot create a duplicate document')
    await expect(deployment.query(api.users.get, { email: 'eve@example.com' })).rejects.toThrow()
  })

  it('deletes the ents that depend on a deleted ent', async () => {
    expect(await deployment.query(api.users.counts)).toEqual({ users: 2, profiles: 2, tasks: 2, tags: 2 })
    const { id } = await deployment.query(api.users.get, { email: 'ada@example.com' })
    const url = await deployment.mutation(api.users.createUploadUrl)
    const upload = await fetch(url, { method: 'POST', body: 'a picture' })
    const { storageId: picture } = await upload.json() as { storageId: Id<'_storage'> }
    await deployment.mutation(api.users.setPicture, { user: id, picture })
    expect(await deployment.query(api.users.hasPicture, { picture })).toBe(true)

    await deployment.mutation(api.users.remove, { user: id })
    expect(await deployment.query(api.users.hasPicture, { picture })).toBe(false)
    expect(await deployment.query(api.users.counts)).toEqual({ users: 1, profiles: 1, tasks: 0, tags: 2 })
    expect((await deployment.query(api.users.taggedWith, { name: 'home' })).tasks).toEqual([])
    expect(await deployment.query(api.users.get, { email: 'bea@example.com' })).toMatchObject({ friends: [], tasks: [] })
  })

  it('deletes scheduled ents later, in several transactions, unless they are restored', async () => {
    const [doomed, saved] = await Promise.all(['doomed', 'saved'].map(name => deployment.mutation(api.teams.add, { name, members: 60 })))
    for (const team of [doomed!, saved!]) {
      await deployment.mutation(api.teams.remove, { team })
      expect(await deployment.query(api.teams.state, { team })).toEqual({ isDeleted: true, exists: true, members: 60 })
    }
    await deployment.mutation(api.teams.restore, { team: saved! })

    await deployment.advanceClock(6 * DAY)
    await deployment.settled()
    expect(await deployment.query(api.teams.state, { team: doomed! })).toEqual({ isDeleted: true, exists: true, members: 60 })
    await deployment.advanceClock(2 * DAY)
    await deployment.settled()
    expect(await deployment.query(api.teams.state, { team: doomed! })).toEqual({ isDeleted: false, exists: false, members: 0 })
    expect(await deployment.query(api.teams.state, { team: saved! })).toEqual({ isDeleted: false, exists: true, members: 60 })
  })
})
