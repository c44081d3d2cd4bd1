import type { ShallowRef } from 'vue'
import { IdentityChangedError } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { computed, shallowRef, watch } from 'vue'
import {
  identityOf,
  identityScoped,
  identityScopedComputed,
  runAsIdentity,
} from '../../../src/plugin/identity-scoped.ts'

function setup(): { context: { identityVersion: ShallowRef<number> }, changeIdentity: () => void } {
  const identityVersion = shallowRef(0)
  return { context: { identityVersion }, changeIdentity: () => identityVersion.value++ }
}

describe('identityOf', () => {
  it('returns another value after each identity change', () => {
    const { context, changeIdentity } = setup()
    const before = identityOf(context)
    changeIdentity()
    expect(identityOf(context)).not.toBe(before)
  })

  it('always returns the same value for a public query', () => {
    const { context, changeIdentity } = setup()
    const before = identityOf(context, 'public')
    changeIdentity()
    expect(identityOf(context, 'public')).toBe(before)
  })
})

describe('identityScoped', () => {
  it('contains the given empty value until another value is set', () => {
    const { context } = setup()
    expect(identityScoped(context, 'empty').value).toBe('empty')
  })

  it('contains the value that was set since the last identity change', () => {
    const { context } = setup()
    const scoped = identityScoped(context, 'empty')
    scoped.set('of ada')
    expect(scoped.value).toBe('of ada')
  })

  it('contains the given empty value again after an identity change', () => {
    const { context, changeIdentity } = setup()
    const scoped = identityScoped(context, 'empty')
    scoped.set('of ada')
    changeIdentity()
    expect(scoped.value).toBe('empty')
  })

  it('can be set again after an identity change', () => {
    const { context, changeIdentity } = setup()
    const scoped = identityScoped(context, 'empty')
    changeIdentity()
    scoped.set('of bob')
    expect(scoped.value).toBe('of bob')
  })

  it('triggers watchers in the same tick when it is set and when the identity changes', () => {
    const { context, changeIdentity } = setup()
    const scoped = identityScoped(context, 'empty')
    const seen: string[] = []
    watch(() => scoped.value, value => seen.push(value), { flush: 'sync' })
    scoped.set('of ada')
    changeIdentity()
    expect(seen).toEqual(['of ada', 'empty'])
  })
})

describe('identityScopedComputed', () => {
  it('passes its previous value to the getter while the identity is the same', () => {
    const { context } = setup()
    const source = shallowRef('first')
    const values = identityScopedComputed<string[]>(context, 'optional', previous => [...previous ?? [], source.value])
    expect(values.value).toEqual(['first'])
    source.value = 'second'
    expect(values.value).toEqual(['first', 'second'])
  })

  it('passes no value of the previous identity to the getter', () => {
    const { context, changeIdentity } = setup()
    const source = shallowRef('first')
    const values = identityScopedComputed<string[]>(context, 'optional', previous => [...previous ?? [], source.value])
    expect(values.value).toEqual(['first'])
    changeIdentity()
    expect(values.value).toEqual(['first'])
  })

  it('passes its previous value to the getter after an identity change if the query is public', () => {
    const { context, changeIdentity } = setup()
    const source = shallowRef('first')
    const values = identityScopedComputed<string[]>(context, 'public', previous => [...previous ?? [], source.value])
    expect(values.value).toEqual(['first'])
    changeIdentity()
    source.value = 'second'
    expect(values.value).toEqual(['first', 'second'])
  })

  it('runs its getter only once for several readers if nothing has changed', () => {
    const { context } = setup()
    let runs = 0
    const value = identityScopedComputed(context, 'optional', () => ++runs)
    const reader = computed(() => value.value)
    expect([reader.value, reader.value]).toEqual([1, 1])
  })
})

describe('runAsIdentity', () => {
  it('resolves with the result of a call that succeeds under the same identity', async () => {
    const { context } = setup()
    const onSettled = vi.fn()
    await expect(runAsIdentity(context, async () => 'result', onSettled)).resolves.toBe('result')
    expect(onSettled.mock.calls).toEqual([[undefined, 'result']])
  })

  it('rejects with the error of a call that fails under the same identity', async () => {
    const { context } = setup()
    const error = new Error('refused')
    const onSettled = vi.fn()
    await expect(runAsIdentity(context, () => Promise.reject(error), onSettled)).rejects.toBe(error)
    const fail = (): never => {
      throw error
    }
    await expect(runAsIdentity(context, fail, onSettled)).rejects.toBe(error)
    expect(onSettled.mock.calls).toEqual([[error, undefined], [error, undefined]])
  })

  it('rejects with an IdentityChangedError if the call succeeds after an identity change', async () => {
    const { context, changeIdentity } = setup()
    const onSettled = vi.fn()
    const call = runAsIdentity(context, async () => 'a secret of ada', onSettled)
    changeIdentity()
    const error: unknown = await call.catch(error => error)
    expect(error).toBeInstanceOf(IdentityChangedError)
    expect(error).toHaveProperty('outcome', 'unknown')
    expect(onSettled.mock.calls).toEqual([[error, undefined]])
  })

  it('rejects with an IdentityChangedError if the call fails after an identity change', async () => {
    const { context, changeIdentity } = setup()
    const call = runAsIdentity(context, () => Promise.reject(new Error('a secret of ada')))
    changeIdentity()
    await expect(call).rejects.toBeInstanceOf(IdentityChangedError)
  })

  it('does not replace an IdentityChangedError with which the call itself rejects', async () => {
    const { context, changeIdentity } = setup()
    const error = new IdentityChangedError('notSent')
    const call = runAsIdentity(context, () => Promise.reject(error))
    changeIdentity()
    await expect(call).rejects.toBe(error)
  })
})
