/**
 * The requests of a host that have no answer yet, in the order in which they began, and when the first of them last got its own. A host that
 * works on one request at a time has worked on the next since then.
 */
export class AnswerOrder {
  /** There only while requests wait: most hosts have none. */
  #waiting: Set<object> | undefined;
  #movedAtMs = 0;

  begins(request: object): void {
    this.#waiting ??= new Set();
    this.#waiting.add(request);
  }

  answered(request: object, nowMs: number): void {
    if (!this.#waiting) return;
    const [first] = this.#waiting;
    if (first === request) this.#movedAtMs = nowMs;
    this.leaves(request);
  }

  /** It waits no longer, answered or not. */
  leaves(request: object): void {
    this.#waiting?.delete(request);
    if (this.#waiting?.size === 0) this.#waiting = undefined;
  }

  /** How long after `beganMs` the host still answered requests that had begun before those that wait; 0 where it did not. */
  busyMs(beganMs: number): number {
    return Math.max(0, this.#movedAtMs - beganMs);
  }
}
