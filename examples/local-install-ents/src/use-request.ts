import { ref } from 'vue'

/** The return value of the functions of a Better Auth client. */
interface Answer {
  error: { message?: string, status: number } | null
}

/** Sends requests of a form to Better Auth, and holds the error of the last one. */
export function useRequest() {
  const isPending = ref(false)
  const refusal = ref('')

  /** Resolves with whether the request has succeeded. */
  async function send(request: () => Promise<Answer>): Promise<boolean> {
    if (isPending.value)
      return false
    isPending.value = true
    refusal.value = ''
    try {
      const { error } = await request()
      if (error)
        refusal.value = error.message ?? `That failed with status ${error.status}.`
    }
    catch {
      refusal.value = 'The server cannot be reached. Try again.'
    }
    finally {
      isPending.value = false
    }
    return refusal.value === ''
  }

  return { isPending, refusal, send }
}
