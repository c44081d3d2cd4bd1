/** The components that a test shows, and the plugins that it uses. */
import type { ConvexOptions, ConvexPlugin } from 'convue'
import type { App, Component } from 'vue'
import type { Deployment, SignedUpUser, SignUpOptions } from '../testing/index.ts'
import { signUp } from '../testing/index.ts'

/** Options of `mount`. */
export interface MountOptions {
  /** The props of the component. @default {} */
  props?: Record<string, unknown>
  /** The user that the component runs as; `null` is anonymous. @default the fixture `user` */
  user?: SignedUpUser | null
  /** Prepares the app, for example with a router: it runs before the app is mounted. */
  setUp?: (app: App) => void
}

/** A mounted component. */
export interface MountedPage {
  app: App
  /** The element that contains the component. */
  element: HTMLElement
  /** The text that the component shows now, without white space around it. */
  readonly text: string
  /** Removes the component before the test ends. */
  unmount: () => void
}

export class Pages {
  readonly #deployment: Deployment
  #user: Promise<SignedUpUser> | undefined
  readonly #mounted = new Set<() => void>()
  readonly #plugins = new Set<ConvexPlugin>()

  constructor(deployment: Deployment) {
    this.#deployment = deployment
  }

  /** The user of the test, who is signed up when the test first needs one. */
  user(): Promise<SignedUpUser> {
    return this.#user ??= this.signUp()
  }

  /** Signs up another user, whose plugin is closed at the end if the test uses it. */
  async signUp(options?: SignUpOptions): Promise<SignedUpUser> {
    const user = await signUp(this.#deployment, options)
    const { get } = Object.getOwnPropertyDescriptor(user, 'plugin')!
    return Object.defineProperty(user, 'plugin', {
      enumerable: true,
      get: () => {
        const plugin = get!.call(user) as ConvexPlugin
        this.#plugins.add(plugin)
        return plugin
      },
    })
  }

  /**
   * Shows a component. Each mount has a plugin of its own, since unmounting an app closes its
   * plugin.
   */
  async mount(component: Component, { props = {}, user, setUp }: MountOptions = {}): Promise<MountedPage> {
    const shown = user === undefined ? await this.user() : user
    // Imported by their package names, so that the components find the same plugin.
    const [{ createConvex }, { createApp }, { WebSocket }] = await Promise.all([
      import('convue'),
      import('vue'),
      import('ws'),
    ])
    const anonymous: ConvexOptions = {
      url: this.#deployment.url,
      clientOptions: { webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket, logger: false },
    }
    const plugin = createConvex(shown?.options ?? anonymous)
    this.#plugins.add(plugin)
    const app = createApp(component, props)
    app.use(plugin)
    setUp?.(app)
    const element = document.body.appendChild(document.createElement('div'))
    app.mount(element)
    const unmount = (): void => {
      if (!this.#mounted.delete(unmount))
        return
      app.unmount()
      element.remove()
    }
    this.#mounted.add(unmount)
    return {
      app,
      element,
      get text() {
        return element.textContent.trim()
      },
      unmount,
    }
  }

  async close(): Promise<void> {
    this.#mounted.forEach(unmount => unmount())
    await Promise.all([...this.#plugins].map(plugin => plugin.close()))
  }
}
