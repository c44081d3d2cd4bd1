/** The mails that a mailbox has received. */
import type { Mail } from '../convex/mail/mail.ts'

/** A mail that an app has sent. */
export interface ReceivedMail extends Mail {
  id: string
  /** The time in ms since 1970. */
  at: number
}

/** The mails of one mailbox. */
export interface ReceivedMails {
  /** The newest mail is the first. */
  readonly mails: readonly ReceivedMail[]
  /** Calls the listener for each new mail, until the returned function is called. */
  onMail: (listener: (mail: ReceivedMail) => void) => () => void
}
