import { Schema } from '@tiptap/pm/model'

/** The documents of the app: paragraphs of text. */
export const textSchema = new Schema({
  nodes: {
    doc: { content: 'paragraph+' },
    paragraph: { content: 'text*', toDOM: () => ['p', 0] },
    text: {},
  },
})
