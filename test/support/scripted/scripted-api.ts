import { makeFunctionReference } from 'convex/server'

export interface Message { _id: string, body: string }

/** References to the functions that tests script on a `ScriptedDeployment`. */
export const api = {
  messages: {
    list: makeFunctionReference<'query', { channel: string, limit?: number }, Message[]>('messages:list'),
    count: makeFunctionReference<'query', { channel: string }, number>('messages:count'),
    send: makeFunctionReference<'mutation', { channel: string, body: string }, string>('messages:send'),
  },
  users: {
    whoami: makeFunctionReference<'query', Record<string, never>, string | null>('users:whoami'),
  },
  values: {
    get: makeFunctionReference<'query', Record<string, never>, any>('values:get'),
    other: makeFunctionReference<'query', Record<string, never>, any>('values:other'),
    echo: makeFunctionReference<'query', { value: any }, any>('values:echo'),
    set: makeFunctionReference<'mutation', { value: any }, null>('values:set'),
    run: makeFunctionReference<'action', { value?: any }, any>('values:run'),
  },
}
