import { getAuthTables } from 'better-auth/db'
import { organization } from 'better-auth/plugins'
import { describe, expect, it } from 'vitest'
import { referencesTo } from '../../../../src/convex/database/references.ts'

/** Describes each reference in one line. */
function describeReferences(options: object, table: string) {
  return referencesTo(getAuthTables(options), table)
    .map(({ from, to, action }) => `${from.table}.${from.field} -> ${to.table}.${to.field}: ${action}`)
}

describe('referencesTo', () => {
  it('finds the references to a table, with `cascade` as the default', () => {
    const references = describeReferences({ plugins: [organization()] }, 'user')
    expect(references).toContain('session.userId -> user.id: cascade')
    expect(references).toContain('member.userId -> user.id: cascade')
    expect(references).toContain('invitation.inviterId -> user.id: cascade')
  })

  it('finds no references to a table to which no other table refers', () => {
    expect(describeReferences({}, 'verification')).toEqual([])
  })

  it('follows references to deleted rows only, and uses the names in the database', () => {
    const reference = (model: string, onDelete: string) => ({ type: 'string' as const, references: { model, field: 'id', onDelete } })
    const plugin = {
      id: 'test',
      schema: {
        team: { fields: { leader: { ...reference('user', 'cascade'), fieldName: 'leader_id' } } },
        task: { fields: { team: reference('team', 'set null'), kept: reference('user', 'restrict') } },
        note: { fields: { task: reference('task', 'cascade') } },
      },
    }
    expect(describeReferences({ user: { modelName: 'people' }, plugins: [plugin] }, 'people').filter(line => !/^(?:session|account)/.test(line))).toEqual([
      'team.leader_id -> people.id: cascade',
      'task.team -> team.id: set null',
    ])
  })
})
