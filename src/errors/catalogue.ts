import type { ConvueErrorCode, ConvueErrorOptions } from './convue-error.ts'
import { ConvueError } from './convue-error.ts'

interface Diagnosis {
  why: string | ((detail: any) => string)
  fix: string
}

/** What each code means. */
const diagnoses: Partial<Record<ConvueErrorCode, Diagnosis>> = {
  URL_INVALID: {
    why: (url) => {
      if (!url)
        return '`url` is missing.'
      return /\.convex\.site/i.test(url)
        ? `\`url\` is not the address of a deployment, but of its HTTP actions: ${url}.`
        : `\`url\` is not an absolute http(s) address: ${url}.`
    },
    fix: 'Pass your deployment\'s, such as https://happy-otter-123.convex.cloud.',
  },
  AUTH_SOURCE_CONFLICT: { why: 'Both `authClient` and `tokenSource` were given.', fix: 'Keep one of them.' },
  AUTH_CLIENT_INVALID: {
    why: '`authClient` is no Better Auth client.',
    fix: 'Pass createAuthClient({ plugins: [convexClient()] }) from better-auth/vue.',
  },
  PLUGIN_MISSING: {
    why: composable => `${composable} found no Convue plugin: the app does not use it, or no component is being set up (as after an \`await\` outside <script setup>).`,
    fix: 'Call app.use(createConvex({ url })); after an await, use one Promise.all or app.runWithContext.',
  },
  CLIENT_UNAVAILABLE: {
    why: 'There is no Convex client on a server.',
    fix: 'Call this in the browser: in onMounted or an event handler.',
  },
  CLOSED: {
    why: 'This Convue plugin was closed, by close() or with the last app that used it.',
    fix: 'Create another one with createConvex(), such as one for each mount in a test.',
  },
  FUNCTION_INVALID: { why: 'This is no reference to a Convex function.', fix: 'Pass one from convex/_generated/api.' },
  FUNCTION_KIND_MISMATCH: {
    why: message => `A function was used as what it is not: ${message}`,
    fix: 'Queries go to useConvexQuery, mutations to useConvexMutation, actions to useConvexAction.',
  },
  ARGS_INVALID: {
    why: (detail: string | { value: unknown }) => typeof detail === 'string'
      ? detail
      : isEvent(detail.value) ? 'A DOM event was passed as arguments.' : 'These arguments hold what Convex cannot store.',
    fix: 'Pass an object of Convex values; in a template write @click="mutate()", not @click="mutate".',
  },
  QUERY_KEY_RESERVED: {
    why: key => `A query of useConvexQueries is called \`${key}\`, which its record needs for itself.`,
    fix: 'Give it another key.',
  },
  UPLOAD_FILES_INVALID: {
    why: value => isEvent(value)
      ? '`upload` takes files and was given a DOM event.'
      : `\`upload\` takes files and was given something else: ${typeof value}.`,
    fix: 'Pass a File, a Blob or a list of them; in a template write @change="upload($event.target.files)", not @change="upload".',
  },
  UPLOAD_TOO_MANY_FILES: {
    why: ({ count, maxFiles }) => `${count} files came at once, and \`maxFiles\` is ${maxFiles}.`,
    fix: 'Choose fewer files.',
  },
  UPLOAD_TYPE_REFUSED: {
    why: ({ file, accept }) => `"${file.name}" is ${file.type || 'of no known type'}, and \`accept\` is ${accept}.`,
    fix: 'Choose another file; the same `accept` on the <input> offers only those that fit.',
  },
  UPLOAD_FILE_TOO_LARGE: {
    why: ({ file, maxSize }) => `"${file.name}" has ${file.size} bytes, and \`maxSize\` is ${maxSize}.`,
    fix: 'Choose a smaller file.',
  },
  UPLOAD_FAILED: {
    why: status => status ? `The upload URL answered ${status}, without a storage id.` : 'The file could not be sent to the upload URL.',
    fix: 'Upload it again; if it never works, look at what the upload URL answers in the browser\'s network panel.',
  },
  UPLOAD_CANCELLED: {
    why: 'The upload was cancelled, or the component that it belongs to is gone.',
    fix: 'If it has to outlive the page, call useConvexUpload in a store or in the root component.',
  },
  IDENTITY_CHANGED: {
    why: outcome => outcome === 'notSent'
      ? 'The person changed before this call was sent.'
      : 'The person changed while this call was under way.',
    fix: 'Look at the data of who is there now, and call again if it is still wanted.',
  },
  CONNECTION_LOST: {
    why: 'The deployment ended the connection while this call was under way.',
    fix: 'It may or may not have been carried out: look at the data, and call again if it is still wanted.',
  },
  SESSION_ENDED: { why: 'The session was revoked or has expired.', fix: 'Sign in again.' },
  SESSION_REQUEST_FAILED: { why: 'The request for the session failed.', fix: 'It is tried again; look at `cause`.' },
  SIGN_OUT_FAILED: { why: 'The session could not be ended.', fix: 'Try again when the network is back; look at `cause`.' },
  TOKEN_ENDPOINT_MISSING: {
    why: 'The token endpoint answered 404.',
    fix: 'Add convex() to the server\'s Better Auth plugins and convexClient() to the client\'s, and check the path of the auth routes; or pass `tokens: false`.',
  },
  TOKEN_INVALID: {
    why: 'The provider gave no new JWT with a `sub`.',
    fix: 'Look at what the token endpoint answers; a forced request needs another token than the last one.',
  },
  TOKEN_REJECTED: {
    why: 'The deployment refused one token after another.',
    fix: 'It is tried again. If it never works, compare convex/auth.config.ts with the token\'s issuer and audience.',
  },
  TOKEN_REQUEST_FAILED: {
    why: status => status ? `The token endpoint answered ${status}.` : 'The request for a token failed.',
    fix: 'It is tried again; look at `cause`.',
  },
  TOKEN_REQUEST_TIMEOUT: {
    why: ms => `The identity provider did not answer within ${ms} ms.`,
    fix: 'It is tried again.',
  },
}

/** The error of a code. `detail` is what its sentence mentions; never a token. */
export function diagnose(code: ConvueErrorCode, detail?: unknown, cause?: unknown): ConvueError {
  return new ConvueError(describe(code, detail, cause))
}

/** What the error of a code is made of. Bundlers leave the sentences out of a production build, where the code alone remains. */
export function describe(code: ConvueErrorCode, detail?: unknown, cause?: unknown): ConvueErrorOptions {
  return { code, cause, ...process.env.NODE_ENV === 'production' ? { why: '', fix: '' } : sentencesOf(code, detail) }
}

function sentencesOf(code: ConvueErrorCode, detail: unknown): { why: string, fix: string } {
  const { why, fix } = diagnoses[code] ?? { why: '', fix: '' }
  return { why: typeof why === 'function' ? why(detail) : why, fix }
}

function isEvent(value: unknown): boolean {
  return typeof Event !== 'undefined' && value instanceof Event
}
