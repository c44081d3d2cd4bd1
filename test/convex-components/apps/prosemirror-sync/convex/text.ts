import { Schema } from '@tiptap/pm/model'

/** The schema of the documents: paragraphs of text. */
export const textSchema = new Schema({
  nodes: {
    doc: { content: 'paragraph+' },
    paragraph: { content: 'text*', toDOM: () => ['p', 0] },
    text: {},
  },
})
