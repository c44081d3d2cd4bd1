import type { WorkflowId, WorkflowStatus, WorkflowStep } from '@convex-dev/workflow'
import type { Doc } from './_generated/dataModel'
import { defineEvent, vResultValidator, vWorkflowId, WorkflowManager } from '@convex-dev/workflow'
import { v } from 'convex/values'
import { components, internal } from './_generated/api'
import { internalAction, internalMutation, internalQuery, mutation, query } from './_generated/server'

const DAY = 24 * 60 * 60 * 1000

const workflow = new WorkflowManager(components.workflow, {
  workpoolOptions: { defaultRetryBehavior: { maxAttempts: 3, initialBackoffMs: 100, base: 2 } },
})

const delivered = defineEvent({ name: 'delivered', validator: v.object({ to: v.string() }) })

/** A workflow with every kind of step. */
export const fulfil = workflow.define({ args: { order: v.id('orders') }, returns: v.string() }).handler(async (step, { order }): Promise<string> => {
  const item: string = await step.runQuery(internal.orders.item, { order })
  const receipt: string = await step.runAction(internal.orders.charge, { order }, { retry: true })
  await step.runMutation(internal.orders.record, { order, event: receipt }, { inline: true })
  const before = Date.now()
  await step.sleep(3 * DAY)
  const days = Math.round((Date.now() - before) / DAY)
  const { to } = await step.awaitEvent(delivered)
  const checks: string[] = await Promise.all(['label', 'seal'].map(part => step.runAction(internal.orders.check, { part })))
  const thanks: string = await step.runWorkflow(internal.orders.thank, { order })
  return `${item} after ${days} days to ${to}: ${[...checks, thanks].join(', ')}`
})

export const thank = workflow.define({ args: { order: v.id('orders') }, returns: v.string() }).handler(async (step, { order }): Promise<string> => {
  await step.runMutation(internal.orders.record, { order, event: 'thanked' })
  return 'thanks sent'
})

/** A workflow whose action always fails. */
export const refuse = workflow.define({ args: { order: v.id('orders') } }).handler(async (step, { order }): Promise<void> => {
  await step.runAction(internal.orders.chargeForever, { order }, { retry: true })
})

/** A workflow that uses the time and random numbers, which must be the same at each replay. */
export const draw = workflow.define({ args: {}, returns: v.array(v.number()) }).handler(async (step): Promise<number[]> => {
  const drawn = [Math.random()]
  await step.runQuery(internal.orders.globals, {})
  drawn.push(Math.random())
  await step.runQuery(internal.orders.globals, {}, { inline: true })
  return [...drawn, Math.random()]
})

export const item = internalQuery({
  args: { order: v.id('orders') },
  handler: async (ctx, { order }) => (await ctx.db.get(order))!.item,
})

export const record = internalMutation({
  args: { order: v.id('orders'), event: v.string() },
  handler: async (ctx, { order, event }) => {
    const { events } = (await ctx.db.get(order))!
    await ctx.db.patch(order, { events: [...events, event] })
  },
})

export const tryOnce = internalMutation({
  args: { order: v.id('orders') },
  handler: async (ctx, { order }) => {
    const tries = (await ctx.db.get(order))!.tries + 1
    await ctx.db.patch(order, { tries })
    return tries
  },
})

/** Fails at the first two attempts. */
export const charge = internalAction({
  args: { order: v.id('orders') },
  handler: async (ctx, { order }): Promise<string> => {
    const tries: number = await ctx.runMutation(internal.orders.tryOnce, { order })
    if (tries < 3)
      throw new Error('The bank does not answer')
    return `charged with try ${tries}`
  },
})

export const chargeForever = internalAction({
  args: { order: v.id('orders') },
  handler: async (ctx, { order }): Promise<void> => {
    await ctx.runMutation(internal.orders.tryOnce, { order })
    throw new Error('The bank does not answer')
  },
})

export const check = internalAction({
  args: { part: v.string() },
  handler: async (_ctx, { part }) => `${part} ok`,
})

export const completed = internalMutation({
  args: { workflowId: vWorkflowId, result: vResultValidator, context: v.object({ note: v.string() }) },
  handler: async (ctx, { workflowId, result, context }) => {
    await ctx.db.insert('results', { workflowId, result, note: context.note })
  },
})

export const order = mutation({
  args: { item: v.string(), fails: v.optional(v.boolean()) },
  handler: async (ctx, { item, fails = false }): Promise<{ order: Doc<'orders'>['_id'], workflowId: WorkflowId }> => {
    const order = await ctx.db.insert('orders', { item, events: [], tries: 0 })
    const target = fails ? internal.orders.refuse : internal.orders.fulfil
    const options = { onComplete: internal.orders.completed, context: { note: `order of ${item}` } }
    return { order, workflowId: await workflow.start(ctx, target, { order }, options) }
  },
})

export const startDraw = mutation({
  args: {},
  handler: async (ctx): Promise<WorkflowId> => await workflow.start(ctx, internal.orders.draw, {}, { startAsync: true }),
})

export const deliver = mutation({
  args: { workflowId: vWorkflowId, to: v.string() },
  handler: async (ctx, { workflowId, to }) => {
    await workflow.sendEvent(ctx, { ...delivered, workflowId, value: { to } })
  },
})

export const cancel = mutation({
  args: { workflowId: vWorkflowId },
  handler: async (ctx, { workflowId }) => await workflow.cancel(ctx, workflowId),
})

export const cleanUp = mutation({
  args: { workflowId: vWorkflowId },
  handler: async (ctx, { workflowId }): Promise<boolean> => await workflow.cleanup(ctx, workflowId),
})

export const status = query({
  args: { workflowId: vWorkflowId },
  handler: async (ctx, { workflowId }): Promise<WorkflowStatus> => await workflow.status(ctx, workflowId),
})

export const steps = query({
  args: { workflowId: vWorkflowId },
  handler: async (ctx, { workflowId }): Promise<WorkflowStep[]> => (await workflow.listSteps(ctx, workflowId)).page,
})

export const state = query({
  args: { order: v.id('orders'), workflowId: vWorkflowId },
  handler: async (ctx, { order, workflowId }) => ({
    order: (await ctx.db.get(order))!,
    results: await ctx.db.query('results').withIndex('by_workflow', q => q.eq('workflowId', workflowId)).collect(),
  }),
})

/** Returns the globals that a workflow replaces while its handler runs. */
export const globals = internalQuery({
  args: {},
  handler: async () => [typeof process, typeof crypto.randomUUID, Date.prototype.constructor === Date, new Set([Math.random(), Math.random()]).size],
})
