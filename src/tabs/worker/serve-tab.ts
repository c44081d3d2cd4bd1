/** The worker's side of one tab: its messages, and its end. */
import type { PageEvent } from '../../shared/page-events.ts'
import type { HubEnvironment } from '../hub/deployment-hubs.ts'
import type { SharedTokens, TokenNeed } from '../hub/shared-tokens.ts'
import type { Locks } from '../locks.ts'
import type { Port, TabMessage, WorkerMessage } from '../port-messages.ts'
import { DeploymentHubs } from '../hub/deployment-hubs.ts'
import { Link } from '../hub/link.ts'
import { onceReleased } from '../locks.ts'
import { PORT_VERSION } from '../port-messages.ts'

/** The objects that all tabs of a worker share. */
export interface SharedState {
  environment: HubEnvironment
  locks: Locks
  /** The name of the worker's own lock. */
  lock: Promise<string>
  /** The hubs by the URL of their deployment. */
  hubs: Map<string, DeploymentHubs>
  tokens: SharedTokens
}

/** Answers the messages of a tab until the tab ends. */
export function serveTab(port: Port, shared: SharedState): void {
  const { environment, locks, hubs, tokens } = shared
  const links = new Map<number, { link: Link, hubs: DeploymentHubs }>()
  /** The sessions of the tab's clients, each with its deployment. */
  const sessions = new Map<string, DeploymentHubs>()
  const needs = new Map<number, TokenNeed>()
  /** Only requests with a higher number answer the needs of this tab. */
  let after = 0
  const watch = new AbortController()

  port.onmessage = ({ data }: MessageEvent<TabMessage>) => receive(data)

  function receive(message: TabMessage): void {
    switch (message.type) {
      case 'hello':
        return welcome(message)
      case 'restore':
        return deploymentAt(message.url).restore(message.calls)
      case 'open':
        return open(message)
      case 'send':
        return send(message)
      case 'close':
        return close(message.link)
      case 'pageEvent':
        return onPageEvent(message.event)
      case 'bye':
        return end(message.mayReturn)
      case 'needToken':
        return needToken(message)
      case 'takeOver':
        return withNeed(message.need, need => tokens.takeOver(need))
      case 'shareToken':
        return endNeed(message.need, need => tokens.share(need, message.session, message.token))
      case 'tokenFailed':
        return endNeed(message.need, need => tokens.fail(need))
      case 'dropNeed':
        return endNeed(message.need, need => tokens.drop(need))
      case 'doubtTokens':
        after = tokens.lastNumber
        return
      case 'forgetSession':
        return tokens.forget(message.session)
    }
  }

  function needToken({ need: id, scope, session, current }: Extract<TabMessage, { type: 'needToken' }>): void {
    const need: TokenNeed = {
      scope,
      session,
      current,
      after,
      answer(answer) {
        if (answer.type !== 'request')
          needs.delete(id)
        post({ type: 'token', need: id, answer })
      },
    }
    needs.set(id, need)
    tokens.ask(need)
  }

  function withNeed(id: number, use: (need: TokenNeed) => void): void {
    const need = needs.get(id)
    if (need)
      use(need)
  }

  function endNeed(id: number, use: (need: TokenNeed) => void): void {
    withNeed(id, use)
    needs.delete(id)
  }

  function welcome({ version, lock }: Extract<TabMessage, { type: 'hello' }>): void {
    if (version !== PORT_VERSION)
      return post({ type: 'refused' })
    // A frozen page releases its lock too, and the release may arrive before its `bye`.
    onceReleased(locks, lock, () => end(true), watch.signal)
    shared.lock.then(name => post({ type: 'ready', lock: name }), () => post({ type: 'refused' }))
  }

  function deploymentAt(url: string): DeploymentHubs {
    const deployment = hubs.get(url) ?? new DeploymentHubs(url, environment)
    hubs.set(url, deployment)
    return deployment
  }

  function open({ link: id, url }: Extract<TabMessage, { type: 'open' }>): void {
    const deployment = deploymentAt(url)
    const link = new Link({
      opened: () => post({ type: 'opened', link: id }),
      message: (text, settled) => post({ type: 'message', link: id, text, settled }),
      numbered: call => post({ type: 'numbered', url, call }),
      closed: (code, reason) => {
        links.delete(id)
        post({ type: 'closed', link: id, code, reason })
      },
      unshared: () => {
        links.delete(id)
        post({ type: 'unshared', link: id })
      },
    }, environment.now())
    links.set(id, { link, hubs: deployment })
    deployment.open(link)
  }

  function send({ link: id, texts }: Extract<TabMessage, { type: 'send' }>): void {
    const found = links.get(id)
    if (!found)
      return
    found.hubs.receive(found.link, texts)
    const sessionId = found.link.connect?.sessionId
    if (sessionId)
      sessions.set(sessionId, found.hubs)
  }

  function close(id: number): void {
    const found = links.get(id)
    links.delete(id)
    found?.hubs.end(found.link)
  }

  function onPageEvent(event: PageEvent): void {
    for (const { link, hubs: deployment } of links.values())
      deployment.onPageEvent(link, event)
  }

  /** A tab that returns, from the back/forward cache, repeats its unanswered mutations. */
  function end(mayReturn: boolean): void {
    watch.abort()
    port.onmessage = null
    for (const id of [...links.keys()])
      close(id)
    for (const id of [...needs.keys()])
      endNeed(id, need => tokens.drop(need))
    if (!mayReturn)
      sessions.forEach((deployment, sessionId) => deployment.forget(sessionId))
  }

  function post(message: WorkerMessage): void {
    port.postMessage(message)
  }
}
