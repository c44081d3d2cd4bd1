import type { ShallowRef } from 'vue'
import { shallowRef } from 'vue'

export interface UseSubmitReturn {
  submit: () => Promise<void>
  isPending: Readonly<ShallowRef<boolean>>
  error: Readonly<ShallowRef<Error | null>>
}

/**
 * The state of a form that runs `action` when it is submitted. While `action` is running, further submissions are
 * ignored.
 */
export function useSubmit(action: () => Promise<void>): UseSubmitReturn {
  const isPending = shallowRef(false)
  const error = shallowRef<Error | null>(null)

  async function submit(): Promise<void> {
    if (isPending.value)
      return
    isPending.value = true
    error.value = null
    try {
      await action()
    }
    catch (reason) {
      error.value = reason instanceof Error
        ? reason
        : new Error(String(reason))
    }
    finally {
      isPending.value = false
    }
  }

  return { submit, isPending, error }
}
