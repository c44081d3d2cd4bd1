/** A user or session with only some known fields, and a check of the fields that were read. */

type Fields = Record<string, unknown>

export interface AssumedRecord {
  /** Has the assumed fields, and after {@link AssumedRecord.complete} the correct ones. */
  record: Fields
  /** Replaces the assumed fields with the correct ones. Returns how the page has read them. */
  complete: (correct: Fields) => ReadFields
}

/**
 * How a page has read a record before it was complete. `incorrect`: a field that was read had a
 * wrong value. `missing`: a field that was read was not in the record at all.
 */
export type ReadFields = 'correct' | 'incorrect' | 'missing'

export function createAssumedRecord(assumed: Fields): AssumedRecord {
  const fields = { ...assumed }
  /** The names of the fields that have been read. */
  const read = new Set<PropertyKey>()
  let isComplete = false
  let areAllRead = false

  const record = new Proxy(fields, {
    get(_target, name) {
      if (!isComplete)
        read.add(name)
      return Reflect.get(fields, name)
    },
    has(_target, name) {
      if (!isComplete)
        read.add(name)
      return Reflect.has(fields, name)
    },
    ownKeys() {
      areAllRead ||= !isComplete
      return Reflect.ownKeys(fields)
    },
  })

  return {
    record,
    complete(correct) {
      const names = Object.keys({ ...fields, ...correct }).filter(name => areAllRead || read.has(name))
      const wrong = names.filter(name => JSON.stringify(fields[name]) !== JSON.stringify(correct[name]))
      const isMissing = wrong.some(name => !(name in fields))
      isComplete = true
      for (const name of Object.keys(fields))
        delete fields[name]
      Object.assign(fields, correct)
      if (wrong.length === 0)
        return 'correct'
      return isMissing ? 'missing' : 'incorrect'
    },
  }
}
