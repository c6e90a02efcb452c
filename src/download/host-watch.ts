/** Is told of hosts while they are asked, by their names (and ports where those are not the usual ones). */
export interface HostWatch {
  /** The head of an answer came, whatever it says, `ms` after it was asked for. */
  answered(host: string, ms: number): void;
  /** A host asked for fewer requests; `ms` is 0 where it did not say for how long. */
  askedToPause(host: string, ms: number): void;
}
