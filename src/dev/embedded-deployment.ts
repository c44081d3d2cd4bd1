/** The embedded deployment of one server. It starts later if its functions have errors. */
import type { GitBranch } from '../project/git-branch.ts'
import type { DeploymentPorts } from './free-port.ts'
import type { LocalDeployment, LocalOptions } from './local-deployment.ts'
import { existsSync } from 'node:fs'
import { ConvueError } from '../errors/convue-error.ts'
import { describeSiteUrl } from './describe-site-url.ts'
import { findDeploymentPorts } from './free-port.ts'
import { acquireDeployment, describeLocal } from './local-deployment.ts'
import { networkOrigins } from './network-origins.ts'
import { VIEWER_PATH } from './viewer/viewer-handler.ts'

/** `waiting`: the functions cannot be loaded, because of the error `problem`. */
type State
  = | { kind: 'running', local: LocalDeployment }
    | { kind: 'waiting', problem: Error, ports: DeploymentPorts }
    | { kind: 'released' }

/**
 * The embedded deployment of one development server, which `EmbeddedDeployment.start(options,
 * origin)` starts. If its functions cannot be loaded, it waits until they are corrected, and its
 * addresses remain the same.
 */
export class EmbeddedDeployment {
  /** The address of the deployment. */
  readonly url: string
  /** The address of its HTTP actions. */
  readonly siteUrl: string
  /** The origin of the page. */
  readonly origin: string
  readonly #options: LocalOptions
  readonly #listeners: ((local: LocalDeployment) => void)[] = []
  #state: State

  /**
   * Writes `_generated`, starts the deployment, and runs the seed function on an empty database. If
   * this process already runs a deployment with the same options, it is shared. If the functions
   * cannot be loaded, the deployment has addresses at which it will start, so that the server can
   * start, too.
   *
   * @param options The options of the deployment.
   * @param origin The origin of the page.
   * @throws ConvueError `SEED_INVALID`, `SEED_FAILED`, and those of `startDeployment`.
   */
  static async start(options: LocalOptions, origin: string): Promise<EmbeddedDeployment> {
    try {
      const local = await acquireDeployment(options, origin)
      return new EmbeddedDeployment(options, origin, { kind: 'running', local })
    }
    catch (error) {
      if (!isCorrectable(error, options))
        throw error
      const ports = await findDeploymentPorts()
      return new EmbeddedDeployment(options, origin, { kind: 'waiting', problem: error as Error, ports })
    }
  }

  private constructor(options: LocalOptions, origin: string, state: Exclude<State, { kind: 'released' }>) {
    this.#options = options
    this.origin = origin
    this.#state = state
    const { url, siteUrl } = state.kind === 'running' ? state.local.deployment : addressesOf(state.ports)
    this.url = url
    this.siteUrl = siteUrl
  }

  /** The absolute path of the functions folder. */
  get functions(): string {
    return this.#options.start.functions
  }

  /** The git branch to which the data belongs; `null` if the data belongs to all branches. */
  get branch(): GitBranch | null {
    return this.#options.branch ?? null
  }

  /** The origins at which other machines reach the page. Better Auth in the app must trust them. */
  get networkOrigins(): string[] {
    const { network } = this.#options
    return network ? networkOrigins(this.origin, network.names) : []
  }

  /** The error because of which the deployment has not started; `null` if it runs. */
  get problem(): Error | null {
    return this.#state.kind === 'waiting' ? this.#state.problem : null
  }

  /** Calls the listener once the deployment runs; immediately if it already runs. */
  onStart(listener: (local: LocalDeployment) => void): void {
    if (this.#state.kind === 'running')
      listener(this.#state.local)
    else
      this.#listeners.push(listener)
  }

  /** Loads the functions again, or starts the deployment if it has not started. */
  async reload(): Promise<void> {
    if (this.#state.kind === 'running')
      await this.#state.local.deployment.reload()
    else if (this.#state.kind === 'waiting')
      await this.#startLater(this.#state.ports)
  }

  /** Lines, each with a label, that describe the deployment, its files and its mailbox. */
  describe(root: string): [label: string, text: string][] {
    return [
      ...describeLocal(this.#options, root),
      ['Tables, log and mails', `${this.origin}${VIEWER_PATH}`],
      ...describeSiteUrl(this.#options, this.origin),
    ]
  }

  /** Closes the deployment, unless another server uses it. */
  async release(): Promise<void> {
    const state = this.#state
    this.#state = { kind: 'released' }
    if (state.kind === 'running')
      await state.local.release()
  }

  async #startLater(ports: DeploymentPorts): Promise<void> {
    const local = await acquireDeployment(this.#options, this.origin, ports)
    if (this.#state.kind === 'released')
      return await local.release()
    this.#state = { kind: 'running', local }
    this.#listeners.splice(0).forEach(listener => listener(local))
  }
}

/** Returns whether the deployment can start once a file of its functions is corrected. */
function isCorrectable(error: unknown, { start }: LocalOptions): boolean {
  return error instanceof ConvueError && error.code === 'FUNCTIONS_INVALID' && existsSync(start.functions)
}

function addressesOf({ port, sitePort }: DeploymentPorts): { url: string, siteUrl: string } {
  return { url: `http://127.0.0.1:${port}`, siteUrl: `http://127.0.0.1:${sitePort}` }
}
