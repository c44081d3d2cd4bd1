/** Requests to discard a call, until the tab that sends the calls has answered them. */

export interface DiscardRequests {
  /** Resolves with the answer: whether the call was discarded. */
  add: (key: string) => Promise<boolean>
  answer: (key: string, isDiscarded: boolean) => void
  answerAll: (discard: (key: string) => boolean) => void
}

export function createDiscardRequests(): DiscardRequests {
  let requests: { key: string, resolve: (isDiscarded: boolean) => void }[] = []

  return {
    add: key => new Promise(resolve => requests.push({ key, resolve })),
    answer(key, isDiscarded) {
      const answered = requests.filter(request => request.key === key)
      requests = requests.filter(request => request.key !== key)
      answered.forEach(({ resolve }) => resolve(isDiscarded))
    },
    answerAll(discard) {
      const answered = requests
      // The list is emptied before the answers, because discarding a call may cause further
      // answers.
      requests = []
      answered.forEach(({ key, resolve }) => resolve(discard(key)))
    },
  }
}
