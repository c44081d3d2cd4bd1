/** Records the current listeners on `window` and `document`, without listeners that a signal has removed. */
export class PageListeners {
  #live = new Set<string>()
  #restore: (() => void)[] = []

  constructor() {
    let serial = 0
    const own = (name: string, target: EventTarget): void => {
      const { addEventListener, removeEventListener } = target
      const keys = new Map<unknown, string>()
      target.addEventListener = (type: string, listener: any, options?: any) => {
        const key = `${name} ${type} ${serial++}`
        if (!options?.signal?.aborted)
          this.#live.add(key)
        keys.set(listener, key)
        options?.signal?.addEventListener('abort', () => this.#live.delete(key))
        addEventListener.call(target, type, listener, options)
      }
      target.removeEventListener = (type: string, listener: any, options?: any) => {
        this.#live.delete(keys.get(listener)!)
        removeEventListener.call(target, type, listener, options)
      }
      this.#restore.push(() => Object.assign(target, { addEventListener, removeEventListener }))
    }
    own('window', window)
    own('document', document)
  }

  get left(): string[] {
    return [...this.#live]
  }

  restore(): void {
    this.#restore.forEach(restore => restore())
  }
}
