/** The interface with which a deployment answers the system calls of functions. */
import type { LogLine, SyscallAnswer } from './messages.ts'

/** A system call of a running function. */
export interface Syscall {
  operation: string
  json: string
  /** The content of a file, for `storage/storeBlob`. */
  bytes?: Uint8Array
}

/** Answers the system calls of one call. */
export interface SyscallHandler {
  syscall: (syscall: Syscall) => Promise<SyscallAnswer>
  /** Answers an operation whose caller cannot wait for a promise, such as `1.0/db/normalizeId`. */
  syncSyscall: (syscall: Syscall) => SyscallAnswer
  /** Called when the function does not read any further rows of the query. */
  closeQuery?: (queryId: number) => void
  /** Called with each line of the console, as soon as the line is written. */
  onLog?: (line: LogLine) => void
}
