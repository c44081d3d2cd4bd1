/** Changes some of the system calls of `convex-test`: files, and the context of components. */
import type { Value } from 'convex/values'
import type { TestState, TransactionCtx } from './convex-test.ts'
import type { Frames } from './execution.ts'
import type { ReadSet } from './tracking.ts'
import { convexToJson } from 'convex/values'
import { clock } from './clock.ts'

/** The addresses of stored files and of uploads. */
export interface FileUrls {
  fileUrl: (component: string, storageId: string) => string
  uploadUrl: (component: string) => string
}

/** The parts of a deployment that the system calls need. */
export interface SyscallHost extends FileUrls {
  frames: Frames
  /** Runs `body` in a separate transaction. */
  transaction: <Result>(component: string, body: (ctx: TransactionCtx) => Promise<Result>) => Promise<Result>
}

/**
 * Wraps the system calls of convex-test. The wrappers record the reads, and replace the calls for
 * which a server behaves differently.
 */
export function wrapSyscalls(state: TestState, { frames, transaction, fileUrl, uploadUrl }: SyscallHost): void {
  const { syscall, asyncSyscall, jsSyscall } = state

  state.syscall = (operation, json) => {
    if (operation === '1.0/queryStream')
      read((reads, component) => reads.addQuery(component, JSON.parse(json).query))
    return syscall(operation, json)
  }

  state.asyncSyscall = async (operation, json) => {
    const frame = frames.getStore()
    const component = frame?.component ?? ''
    switch (operation) {
      case '1.0/get':
        read((reads, component) => reads.addDocument(component, JSON.parse(json).id))
        break
      case '1.0/count':
        read((reads, component) => reads.addTable(component, JSON.parse(json).table))
        break
      case '1.0/queryPage':
        read((reads, component) => reads.addQuery(component, JSON.parse(json).query))
        return await page(json)
      case '1.0/storageGetUrl': {
        const { storageId } = JSON.parse(json) as { storageId: string }
        read((reads, component) => reads.addDocument(component, storageId))
        const isThere = JSON.parse(await asyncSyscall(operation, json)) !== null
        return JSON.stringify(isThere ? fileUrl(component, storageId) : null)
      }
      case '1.0/storageGenerateUploadUrl':
        return JSON.stringify(uploadUrl(component))
      case '1.0/storageDelete':
        // In an action, convex-test would store the file in any open transaction, and a rollback of
        // this transaction would remove the file.
        if (frame?.kind === 'action') {
          const { storageId } = JSON.parse(json)
          await transaction(component, ctx => ctx.storage.delete(storageId))
          return '{}'
        }
        break
      case '1.0/schedule':
      case '1.0/actions/schedule':
        return await clock.detached(() => asyncSyscall(operation, json))
    }
    return await withEncodedErrorData(() => asyncSyscall(operation, json))
  }

  state.jsSyscall = (operation, args) => {
    if (operation !== 'storage/storeBlob')
      return jsSyscall(operation, args)
    const frame = frames.getStore()
    const component = frame?.component ?? ''
    const file = args.blob as Blob
    return frame?.kind === 'action'
      ? transaction(component, ctx => ctx.storage.store(file))
      : storeWithType(component, file, () => jsSyscall(operation, args) as Promise<string>)
  }

  function read(add: (reads: ReadSet, component: string) => void): void {
    const frame = frames.getStore()
    if (frame)
      add(frame.execution.reads, frame.component)
  }

  /**
   * In the function that was called, a page ends at the end of its previous run, unless its
   * arguments contain another end.
   */
  async function page(json: string): Promise<string> {
    const frame = frames.getStore()
    if (frame?.depth !== 1)
      return await asyncSyscall('1.0/queryPage', json)
    const args = JSON.parse(json)
    const page = await asyncSyscall('1.0/queryPage', JSON.stringify({ ...args, endCursor: args.endCursor ?? frame.execution.endCursor }))
    frame.execution.endCursor = JSON.parse(page).continueCursor
    return page
  }

  /** Adds the content type to a file's metadata, which convex-test omits. */
  async function storeWithType(component: string, file: Blob, store: () => Promise<string>): Promise<string> {
    const storageId = await store()
    if (file.type)
      state.components[component]!.db.patch('_storage', storageId, { contentType: file.type })
    return storageId
  }
}

/**
 * `convex/server` expects the data of a failed call in its JSON form, but convex-test throws it
 * decoded: int64 would be lost.
 */
async function withEncodedErrorData(call: () => Promise<string>): Promise<string> {
  try {
    return await call()
  }
  catch (error) {
    if (error instanceof Error && Symbol.for('ConvexError') in error && 'data' in error) {
      throw Object.assign(new Error(error.message, { cause: error }), { data: convexToJson(error.data as Value) })
    }
    throw error
  }
}
