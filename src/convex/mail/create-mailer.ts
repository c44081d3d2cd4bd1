/** Creates the function with which an app sends mails: to its provider, or to the mailbox. */
import type { Mail } from './mail.ts'
import { setupError } from '../setup-error.ts'
import { writeMailLines } from './mail.ts'

/** Options of {@link createMailer}. */
export interface MailerOptions {
  /**
   * Sends a mail through the provider of the app. It is not called while the mailbox of a
   * development tool receives the mails. @default none: on a deployment without a mailbox, sending
   * a mail fails
   */
  send?: (mail: Mail) => Promise<void> | void
}

/**
 * Creates a function that sends mails. On the embedded deployment of a development server, they
 * appear in the terminal and on the page `/__convue/mail`. On any other deployment, `send` sends
 * them.
 *
 * @throws ConvueError `MAIL_SENDER_MISSING` when a mail is sent without a mailbox and without
 * `send`.
 * @example
 * const sendMail = createMailer({ send: mail => resend.sendEmail(ctx, { from, ...mail }) })
 * await sendMail({ to: user.email, subject: 'Verify your address', text: url })
 */
export function createMailer({ send }: MailerOptions = {}): (mail: Mail) => Promise<void> {
  return async (mail) => {
    if (process.env.CONVUE_MAILBOX) {
      const id = Math.random().toString(36).slice(2) || '0'
      // The mailbox reads the log of the deployment.
      // eslint-disable-next-line no-console
      writeMailLines(mail, id).forEach(line => console.info(line))
      return
    }
    if (!send)
      throw setupError('MAIL_SENDER_MISSING')
    await send(mail)
  }
}
