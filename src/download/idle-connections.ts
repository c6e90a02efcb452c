/** What is known of a connection that carries no request. */
export interface Idle {
  /** When its last request was over, in ms of `performance.now()`. */
  freeSinceMs: number;
}

/** A connection that nobody is known to ask for soon waits so long, in ms: for a redirect within its host, or an image after robots.txt. */
const SPARE_MS = 100;

/** Closes connections that carry no request: each after its time, and those first that were free for longest. */
export class IdleConnections<Connection extends Idle> {
  readonly #keepMs: number;
  readonly #close: (connection: Connection) => void;
  /** Of hosts that are asked again soon, and of all others; each in the order in which they became free. */
  readonly #wanted = new Set<Connection>();
  readonly #spare = new Set<Connection>();
  #timer: NodeJS.Timeout | undefined;

  /** @param keepMs how long those are kept that are wanted */
  constructor(keepMs: number, close: (connection: Connection) => void) {
    this.#keepMs = keepMs;
    this.#close = close;
  }

  get size(): number {
    return this.#wanted.size + this.#spare.size;
  }

  add(connection: Connection, isWanted: boolean): void {
    connection.freeSinceMs = performance.now();
    (isWanted ? this.#wanted : this.#spare).add(connection);
    this.#timer ??= this.#lookLater();
  }

  delete(connection: Connection): void {
    if (!this.#spare.delete(connection)) this.#wanted.delete(connection);
  }

  /** Closes one, for another. */
  closeOldest(): void {
    const [oldest] = this.#spare.size > 0 ? this.#spare : this.#wanted;
    if (oldest) this.#end(oldest);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** One timer for all: thousands of connections are free at one time. It keeps no process alive. */
  #lookLater(): NodeJS.Timeout {
    return setTimeout(() => this.#look(), Math.min(this.#keepMs, SPARE_MS) / 2).unref();
  }

  #look(): void {
    const nowMs = performance.now();
    this.#endUntil(this.#spare, nowMs - Math.min(this.#keepMs, SPARE_MS));
    this.#endUntil(this.#wanted, nowMs - this.#keepMs);
    this.#timer = this.size > 0 ? this.#lookLater() : undefined;
  }

  #endUntil(connections: ReadonlySet<Connection>, freeUntilMs: number): void {
    for (const connection of connections) {
      if (connection.freeSinceMs > freeUntilMs) return;
      this.#end(connection);
    }
  }

  #end(connection: Connection): void {
    this.delete(connection);
    this.#close(connection);
  }
}
