/** One visit of a user to a room: heartbeats in an interval, and a message when the visit ends. */

/** The tokens that the presence component returns for a heartbeat. */
export interface PresenceTokens {
  /** Identifies the list of the room's users. */
  roomToken: string
  /** Ends the session of this visit. */
  sessionToken: string
}

export interface PresenceVisit {
  /** Sends the heartbeat that was due while the page was not connected, if there was one. */
  catchUp: () => void
  end: () => void
}

export interface PresenceVisitOptions {
  intervalMs: number
  /** Whether a heartbeat can be sent at once. */
  canSend: () => boolean
  sendHeartbeat: () => Promise<PresenceTokens>
  /** Sends the end of the session. Must also work while the page is being closed. */
  sendEnd: (sessionToken: string) => void
  onTokens: (tokens: PresenceTokens) => void
  onError: (error: Error) => void
}

/**
 * Starts a visit with its first heartbeat. Heartbeats never accumulate: while the page is offline,
 * none is sent, and while one has no answer, no other is sent.
 */
export function startPresenceVisit(options: PresenceVisitOptions): PresenceVisit {
  let sessionToken: string | undefined
  let isWaiting = false
  let isDue = false
  let hasEnded = false

  async function beat(): Promise<void> {
    isDue = !options.canSend()
    if (isDue || isWaiting || hasEnded)
      return
    isWaiting = true
    try {
      const tokens = await options.sendHeartbeat()
      sessionToken = tokens.sessionToken
      // This heartbeat has started the session again.
      if (hasEnded)
        options.sendEnd(sessionToken)
      else
        options.onTokens(tokens)
    }
    catch (error) {
      if (!hasEnded)
        options.onError(error as Error)
    }
    isWaiting = false
  }

  void beat()
  let timer = setInterval(beat, options.intervalMs)
  return {
    catchUp() {
      if (!isDue)
        return
      // The interval begins again, so that the next heartbeat does not follow this one at once.
      clearInterval(timer)
      timer = setInterval(beat, options.intervalMs)
      void beat()
    },
    end() {
      hasEnded = true
      clearInterval(timer)
      if (sessionToken)
        options.sendEnd(sessionToken)
    },
  }
}
