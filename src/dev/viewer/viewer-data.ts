/** Reads an embedded deployment for the data viewer, and runs its functions. */
import type { Deployment } from '../../testing/index.ts'
import { Buffer } from 'node:buffer'

/** A table, with the names of its indexes. */
export interface ViewedTable {
  /** The path of the component that owns the table; `''` for the app. */
  component: string
  name: string
  indexes: string[]
}

/** One page of a table. */
export interface RowsRequest {
  component: string
  table: string
  index: string
  order: 'asc' | 'desc'
  /** The end of the previous page; `''` for the first page. */
  cursor: string
}

/** A call of a function by the developer. */
export interface RunRequest {
  component: string
  name: string
  /** The arguments in Convex's JSON encoding. */
  args: unknown
  /** The user as whom the function runs; `null` for anonymous. */
  subject: string | null
}

/** A user of Better Auth, as whom a function can run. */
export interface ViewedUser {
  subject: string
  label: string
}

type Handle = Pick<Deployment, 'url' | 'siteUrl' | 'adminKey' | 'log'>
type Document = Record<string, any> & { _id: string }
interface Answer { status: string, value?: unknown, errorMessage?: string }
interface Page { page: Document[], isDone: boolean, continueCursor: string }

const PAGE_SIZE = 50
const SHOWN_ENTRIES = 200
const SHOWN_USERS = 100

export async function listTables(deployment: Handle): Promise<ViewedTable[]> {
  return await query(deployment, '_system/convue/tables', {})
}

/** A page of a table, in the order of an index. */
export async function readRows(deployment: Handle, request: RowsRequest): Promise<Page> {
  const { component, table, index, order, cursor } = request
  const args = { table, index, order, paginationOpts: { cursor: cursor || null, numItems: PAGE_SIZE } }
  return await query(deployment, '_system/cli/tableData', args, component)
}

/** The scheduled functions and the cron jobs of all components. */
export interface ViewedJobs {
  /** The newest scheduled functions, newest first. */
  scheduled: Document[]
  crons: object[]
}

export async function listJobs(deployment: Handle): Promise<ViewedJobs> {
  const [scheduled, crons] = await Promise.all([
    query(deployment, '_system/convue/scheduled', { limit: PAGE_SIZE }),
    query(deployment, '_system/convue/crons', {}),
  ])
  return { scheduled, crons }
}

/** The newest stored files of all components, with their addresses. */
export async function listFiles(deployment: Handle): Promise<Document[]> {
  return await query(deployment, '_system/convue/files', { limit: PAGE_SIZE })
}

/** The functions of the app, sorted by their names. */
export async function listFunctions(deployment: Handle): Promise<object[]> {
  const components: { path: string }[] = await query(deployment, '_system/frontend/components:list', {})
  const specs = await Promise.all(['', ...components.map(({ path }) => path)].map(async (component) => {
    const spec: Record<string, any>[] = await query(deployment, '_system/cli/modules:apiSpec', {}, component)
    return spec.filter(({ identifier }) => identifier).map(({ identifier, functionType, visibility, args }) => ({
      component,
      name: identifier.replace('.js:', ':'),
      kind: functionType.toLowerCase(),
      visibility: visibility.kind,
      args,
    })).sort((one, other) => one.name.localeCompare(other.name))
  }))
  return specs.flat()
}

/** The newest users of Better Auth, in whichever component their table is. */
export async function listUsers(deployment: Handle): Promise<ViewedUser[]> {
  const users = await findUsers(deployment)
  return users.map(({ user }) => ({ subject: user._id, label: String(user.email ?? user.name ?? user._id) }))
}

/** Runs a function, public or internal. Resolves with the answer of the deployment. */
export async function runFunction(deployment: Handle, { component, name, args, subject }: RunRequest): Promise<object> {
  const identity = subject === null ? null : await identityOf(deployment, subject)
  const body = { path: name, args, format: 'convex_encoded_json', ...component !== '' && { componentPath: component } }
  return await post(deployment, 'function', body, identity)
}

/** The newest entries of the log, newest first, and a text that changes with them. */
export function readLog({ log }: Handle): { version: string, entries: Handle['log'] } {
  const entries = log.slice(-SHOWN_ENTRIES).reverse()
  const [newest] = entries
  return { version: `${log.length} ${newest?.at} ${newest?.name}`, entries }
}

/** The identity that a token of Better Auth gives to functions. */
async function identityOf(deployment: Handle, subject: string): Promise<object> {
  const found = (await findUsers(deployment)).find(({ user }) => user._id === subject)
  const issuer = deployment.siteUrl
  const identity = { subject, issuer, tokenIdentifier: `${issuer}|${subject}` }
  if (!found)
    return identity
  const { name, email, emailVerified } = found.user
  const session = await findSession(deployment, found.component, subject)
  return { ...identity, name, email, emailVerified, ...session && { sessionId: session._id } }
}

/** The newest session of a user. A read of a table that does not exist would create the table. */
async function findSession(deployment: Handle, component: string, userId: string): Promise<Document | undefined> {
  const tables = await listTables(deployment)
  if (!tables.some(table => table.component === component && table.name === 'session'))
    return undefined
  const { page } = await readRows(deployment, newest(component, 'session'))
  return page.find(session => session.userId === userId)
}

async function findUsers(deployment: Handle): Promise<{ component: string, user: Document }[]> {
  const tables = (await listTables(deployment)).filter(({ name }) => name === 'user')
  const pages = await Promise.all(tables.map(async ({ component }) => {
    const { page } = await readRows(deployment, newest(component, 'user'))
    return page.map(user => ({ component, user }))
  }))
  return pages.flat().slice(0, SHOWN_USERS)
}

function newest(component: string, table: string): RowsRequest {
  return { component, table, index: 'by_creation_time', order: 'desc', cursor: '' }
}

async function query(deployment: Handle, path: string, args: object, componentPath?: string): Promise<any> {
  const body = { path, args, format: 'json', ...componentPath && { componentPath } }
  const answer = await post(deployment, 'query', body, null) as Answer
  if (answer.status !== 'success')
    throw new Error(answer.errorMessage)
  return answer.value
}

async function post({ url, adminKey }: Handle, path: string, body: object, identity: object | null): Promise<object> {
  const actingAs = identity ? `:${Buffer.from(JSON.stringify(identity)).toString('base64')}` : ''
  const response = await fetch(`${url}/api/${path}`, {
    method: 'POST',
    headers: { 'authorization': `Convex ${adminKey}${actingAs}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = await response.json() as { message?: string }
  // The response to a failed function also has a body, with the error.
  if (!response.ok && !('status' in answer))
    throw new Error(answer.message)
  return answer
}
