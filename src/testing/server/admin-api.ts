/** The routes that the command line of Convex calls, with the admin key. */
import type { IncomingMessage } from 'node:http'
import type { CallerHost } from './caller.ts'
import type { Exports } from './exports.ts'
import type { ImportOptions, Imports } from './imports.ts'
import type { LogStream } from './log-stream.ts'
import { HttpError } from '../http-error.ts'
import { requireAdmin } from './caller.ts'
import { NOT_DESERIALIZED, readBody, readObject } from './request-body.ts'

/** A change of a variable; `null` removes the variable. */
export interface VariableChange {
  name: string
  value: string | null
}

/** The parts of a deployment that the routes of the command line need. */
export interface AdminApiHost extends CallerHost {
  variables: () => Record<string, string>
  /** Sets variables, and loads the functions and `auth.config` again. */
  changeVariables: (changes: VariableChange[]) => Promise<void>
  exports: () => Exports
  imports: () => Imports
  logs: LogStream
}

type Route = (host: AdminApiHost, request: IncomingMessage, parameters: URLSearchParams) => Promise<Response> | Response

const done = (): Response => new Response(null, { status: 200 })

const ROUTES: Record<string, Route> = {
  'POST update_environment_variables': async (host, request) => {
    const { changes } = await readObject(request) as { changes?: { name: string, value?: string | null }[] }
    if (!Array.isArray(changes))
      throw new HttpError(400, 'BadJsonBody', `${NOT_DESERIALIZED}: missing field \`changes\``)
    await changeVariables(host, changes.map(({ name, value = null }) => ({ name, value })))
    return done()
  },
  'GET list_environment_variables': host => Response.json({ environment_variables: host.variables() }),
  'POST export/request/zip': (host, _request, parameters) => {
    host.exports().create(parameters.get('includeStorage') === 'true')
    return done()
  },
  'POST import/start_upload': host => Response.json({ uploadToken: host.imports().startUpload() }),
  'POST import/upload_part': async (host, request, parameters) => {
    const part = Number(parameters.get('partNumber'))
    host.imports().addPart(parameters.get('uploadToken') ?? '', part, await readBody(request))
    return Response.json(String(part))
  },
  'POST import/finish_upload': async (host, request) => {
    const body = await readObject(request) as unknown as { import: ImportOptions, uploadToken: string }
    const { import: options, uploadToken } = body
    return Response.json({ importId: host.imports().finishUpload(uploadToken, options) })
  },
  'POST perform_import': async (host, request) => {
    const { importId } = await readObject(request) as unknown as { importId: string }
    await host.imports().perform(importId)
    return done()
  },
  'GET stream_function_logs': async (host, _request, parameters) =>
    Response.json(await host.logs.read(Number(parameters.get('cursor') ?? 0))),
}

/** Answers a route below `/api`, or returns `null` if there is no such route. */
export async function answerAdminApi(
  host: AdminApiHost,
  request: IncomingMessage,
  path: string,
): Promise<Response | null> {
  const route = ROUTES[`${request.method} ${path}`]
  const [, snapshot] = /^export\/zip\/(\d+)$/.exec(path) ?? []
  if (!route && snapshot === undefined)
    return null
  await requireAdmin(host, request)
  if (route)
    return await route(host, request, new URL(`http://localhost${request.url}`).searchParams)
  return answerExport(host, snapshot!)
}

/** Refuses variables with which the functions cannot be loaded. */
async function changeVariables(host: AdminApiHost, changes: VariableChange[]): Promise<void> {
  try {
    await host.changeVariables(changes)
  }
  catch (error) {
    if (!(error instanceof Error && 'why' in error))
      throw error
    const { cause, message } = error
    throw new HttpError(400, 'InvalidEnvironment', cause instanceof Error ? cause.message : message)
  }
}

function answerExport(host: AdminApiHost, ts: string): Response {
  const zip = host.exports().find(ts)
  if (!zip)
    throw new HttpError(404, 'ExportNotFound', `There is no snapshot with the timestamp ${ts}.`)
  return new Response(new Uint8Array(zip), {
    headers: {
      'content-type': 'application/zip',
      'content-length': String(zip.length),
      'content-disposition': `attachment; filename=snapshot_convue_${ts}.zip`,
    },
  })
}
