/** The embedded deployment of one Vite server. It starts later if its functions have errors. */
import type { DeploymentPorts } from './free-port.ts'
import type { LocalDeployment, LocalOptions } from './local-deployment.ts'
import { existsSync } from 'node:fs'
import { ConvueError } from '../errors/convue-error.ts'
import { findDeploymentPorts } from './free-port.ts'
import { acquireDeployment, describeLocal } from './local-deployment.ts'

/** A deployment waits if its functions cannot be loaded. `problem` is the error. */
type State
  = | { kind: 'running', local: LocalDeployment }
    | { kind: 'waiting', problem: Error, ports: DeploymentPorts }
    | { kind: 'released' }

export class EmbeddedDeployment {
  readonly url: string
  readonly siteUrl: string
  /** The origin of the page. */
  readonly origin: string
  readonly #options: LocalOptions
  readonly #listeners: ((local: LocalDeployment) => void)[] = []
  #state: State

  /**
   * Starts the deployment. If its functions cannot be loaded, it has addresses at which it will
   * start, so that Vite can start, too.
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

  /** Lines, each with a label, that describe the deployment and its files. */
  describe(root: string): [label: string, text: string][] {
    return describeLocal(this.#options, root)
  }

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
