import type { Node } from '@tiptap/pm/model'
import type { Deployment } from '../../src/testing/index.ts'
import { Step, Transform } from '@tiptap/pm/transform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './app.ts'
import { api } from './apps/prosemirror-sync/convex/_generated/api.js'
import { textSchema } from './apps/prosemirror-sync/convex/text.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('prosemirror-sync')
})
afterAll(() => deployment.close())

const textOf = (id: string) => deployment.action(api.documents.text, { id })

/** The editor of one user. */
class Editor {
  readonly id: string
  readonly clientId: string
  doc!: Node
  version = 0

  constructor(id: string, clientId: string) {
    this.id = id
    this.clientId = clientId
  }

  async open(): Promise<void> {
    const snapshot = await deployment.query(api.documents.getSnapshot, { id: this.id })
    if (snapshot.content === null)
      throw new Error('There is no document')
    this.doc = textSchema.nodeFromJSON(JSON.parse(snapshot.content))
    this.version = snapshot.version
    await this.pull()
  }

  /** Applies the steps of all users since the version of this editor. */
  async pull(): Promise<void> {
    const { steps } = await deployment.query(api.documents.getSteps, { id: this.id, version: this.version })
    for (const step of steps)
      this.doc = Step.fromJSON(textSchema, JSON.parse(step)).apply(this.doc).doc!
    this.version += steps.length
  }

  async insert(position: number, text: string): Promise<string> {
    const steps = new Transform(this.doc).insert(position, textSchema.text(text)).steps.map(step => JSON.stringify(step.toJSON()))
    const { status } = await deployment.mutation(api.documents.submitSteps, { id: this.id, version: this.version, clientId: this.clientId, steps })
    return status
  }
}

describe('@convex-dev/prosemirror-sync', () => {
  it('synchronizes the steps of two editors, and rebases the steps of the slower editor', async () => {
    await deployment.mutation(api.documents.create, { id: 'letter', text: 'Dear Ada' })
    const [ada, bea] = [new Editor('letter', 'ada'), new Editor('letter', 'bea')]
    await Promise.all([ada.open(), bea.open()])

    expect(await ada.insert(9, '!')).toBe('synced')
    expect(await bea.insert(1, 'My ')).toBe('needs-rebase')
    await bea.pull()
    expect(await bea.insert(1, 'My ')).toBe('synced')
    await ada.pull()
    await bea.pull()
    expect([ada.doc.textContent, bea.doc.textContent]).toEqual(['My Dear Ada!', 'My Dear Ada!'])
    expect(await textOf('letter')).toEqual({ text: 'My Dear Ada!', version: 3 })
    expect(await deployment.query(api.documents.latestVersion, { id: 'letter' })).toBe(3)
  })

  it('stores snapshots, and passes them to the app', async () => {
    const ada = new Editor('letter', 'ada')
    await ada.open()
    const content = JSON.stringify(ada.doc.toJSON())
    await deployment.mutation(api.documents.submitSnapshot, { id: 'letter', version: ada.version, content })
    expect(await deployment.query(api.documents.title, { id: 'letter' })).toMatchObject({ content, version: 3 })
    expect(await deployment.query(api.documents.getSnapshot, { id: 'letter' })).toEqual({ content, version: 3 })
    expect(await deployment.query(api.documents.getSnapshot, { id: 'letter', version: 2 })).toMatchObject({ version: 1 })
    await expect(deployment.mutation(api.documents.submitSnapshot, { id: 'letter', version: 3, content: '{}' })).rejects.toThrow('different content')
  })

  it('transforms a document on the server', async () => {
    expect(await deployment.mutation(api.documents.prepend, { id: 'letter', text: 'PS: ' })).toBe('PS: My Dear Ada!')
    expect(await textOf('letter')).toMatchObject({ text: 'PS: My Dear Ada!' })
  })

  it('refuses reads and writes that the app does not allow', async () => {
    await expect(deployment.query(api.documents.getSnapshot, { id: 'secret' })).rejects.toThrow('This document is secret')
    await expect(deployment.mutation(api.documents.submitSteps, { id: 'secret', version: 1, clientId: 'ada', steps: [] })).rejects.toThrow('This document is secret')
  })
})
