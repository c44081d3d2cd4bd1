/** Joins the parts of a transition that is too long for one message. */
import type { ServerFrame } from './protocol.ts'

type Chunk = Extract<ServerFrame, { type: 'TransitionChunk' }>

/** The parts of one transition that have arrived. */
export class TransitionChunks {
  #parts: string[] = []

  /** Whether the deployment must send more parts before any other transition. */
  get isIncomplete(): boolean {
    return this.#parts.length > 0
  }

  /**
   * Adds a part.
   *
   * @returns the text of the transition, or `null` while parts are missing.
   * @throws {Error} if a part is missing before this part
   */
  add({ chunk, partNumber, totalParts }: Chunk): string | null {
    if (partNumber !== this.#parts.length || partNumber >= totalParts)
      throw new Error('A part of a transition is missing.')
    this.#parts.push(chunk)
    if (this.#parts.length < totalParts)
      return null
    return this.#parts.splice(0).join('')
  }
}
