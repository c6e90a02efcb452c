import { Client, type Dispatcher, errors } from 'undici';
import { type Idle, IdleConnections } from './idle-connections.ts';
import type { Requester, RequestHandler } from './proxied-requests.ts';

/** One connection, which carries one request at a time and is made anew where a request finds it closed. */
interface Connection extends Idle {
  readonly origin: string;
  readonly client: Client;
  isConnected: boolean;
  /** Whether it is among those that the next request may take. */
  isFree: boolean;
  /** Who is told of the request under way. */
  handler: RequestHandler | undefined;
}

/** Which connections are kept for a next request. */
export interface Keeping {
  /** Over all origins; the one that was free for longest is closed for another. */
  readonly maxFree: number;
  /** How long, in ms. */
  readonly keepMs: number;
  /** Whether an origin is likely to be asked again within that time; of others a connection is closed at once, or nearly. */
  readonly isAskedSoon: (origin: string) => boolean;
}

/**
 * What a connection is closed with. undici would make an error for each, and Node asks each for its stack: that costs a tenth of all that is
 * done for a connection.
 */
const NOT_NEEDED = new errors.InformationalError('not needed any more');

/** undici's own limit comes to nothing unless a host says that its own is shorter: what is kept is closed here before. */
const TIMES_KEPT = 4;

/**
 * Sends each request over a free connection to its origin, or over a new one; the one that was used last goes first, so that those
 * not needed close. What undici's Agent does with a Pool for each origin, without its costs where origins are many and most are
 * asked once: a Pool has a queue of 16 KiB, copies its options, looks at all of its connections for each request, and is closed with
 * errors that nobody reads (docs/adr/0015-one-client-per-connection.md).
 */
export class OriginClients implements Requester {
  readonly #options: Client.Options;
  readonly #all = new Set<Connection>();
  readonly #free = new Map<string, Connection[]>();
  /** The same, by when they are closed. */
  readonly #idle: IdleConnections<Connection>;
  readonly #keeping: Keeping;
  #isDestroyed = false;

  constructor(options: Client.Options, keeping: Keeping) {
    const keepAliveMs = TIMES_KEPT * keeping.keepMs;
    this.#options = { ...options, keepAliveTimeout: keepAliveMs, keepAliveMaxTimeout: keepAliveMs };
    this.#keeping = keeping;
    this.#idle = new IdleConnections(keeping.keepMs, (connection) => this.#close(connection));
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: RequestHandler): boolean {
    if (this.#isDestroyed) throw new errors.ClientDestroyedError();
    const connection = this.#take(String(options.origin));
    connection.handler = handler;
    const hasRoom = connection.client.dispatch(options, handler);
    // A request that could not be made is not heard of again.
    if (connection.client.stats.size === 0) this.#settle(connection);
    return hasRoom;
  }

  /** Connections that are open, or about to be. */
  get size(): number {
    return this.#all.size;
  }

  /** Those of them that the next request to their origin may take. */
  get freeSize(): number {
    return this.#idle.size;
  }

  async destroy(): Promise<void> {
    this.#isDestroyed = true;
    this.#idle.stop();
    await Promise.all(Array.from(this.#all, ({ client }) => client.destroy()));
  }

  #take(origin: string): Connection {
    const free = this.#free.get(origin);
    const connection = free?.pop();
    if (!connection) return this.#open(origin);
    if (free?.length === 0) this.#free.delete(origin);
    connection.isFree = false;
    this.#idle.delete(connection);
    return connection;
  }

  #open(origin: string): Connection {
    const client = new Client(origin, this.#options);
    const connection: Connection = {
      origin,
      client,
      isConnected: false,
      isFree: false,
      freeSinceMs: 0,
      handler: undefined,
    };
    this.#all.add(connection);
    client.on('connect', () => {
      connection.isConnected = true;
    });
    client.on('disconnect', (_origin, _clients, error) => {
      connection.isConnected = false;
      if (connection.isFree) this.#forget(connection);
      else if (isAborted(error)) this.#drop(connection);
    });
    client.on('drain', () => this.#settle(connection));
    return connection;
  }

  /** Its request is over. */
  #settle(connection: Connection): void {
    if (connection.isFree) return;
    if (connection.isConnected) this.#keep(connection);
    else this.#all.delete(connection);
    const { handler } = connection;
    connection.handler = undefined;
    handler?.onConnectionFree?.();
  }

  /** Closes a client whose request was given up: undici keeps that, and would connect once more for it. */
  #drop(connection: Connection): void {
    void connection.client.destroy();
    this.#settle(connection);
  }

  #keep(connection: Connection): void {
    connection.isFree = true;
    const free = this.#free.get(connection.origin);
    if (free) free.push(connection);
    else this.#free.set(connection.origin, [connection]);
    this.#idle.add(connection, this.#keeping.isAskedSoon(connection.origin));
    if (this.#idle.size > this.#keeping.maxFree) this.#idle.closeOldest();
  }

  #close(connection: Connection): void {
    this.#forget(connection);
    connection.client.destroy(NOT_NEEDED, () => undefined);
  }

  #forget(connection: Connection): void {
    this.#all.delete(connection);
    this.#idle.delete(connection);
    connection.isFree = false;
    const free = this.#free.get(connection.origin);
    free?.splice(free.indexOf(connection), 1);
    if (free?.length === 0) this.#free.delete(connection.origin);
  }
}

/** Whether a connection was closed because its request was given up, as undici words it. */
function isAborted(error: Error): boolean {
  return error instanceof errors.InformationalError && error.message === 'aborted';
}
