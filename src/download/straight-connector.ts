import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { AddressRace, type TryEvents } from './address-race.ts';
import { type GiveUp, LimitPassedError } from './deadline.ts';
import { type Network, socketConnector } from './network.ts';
import { tellErrors } from './socket-errors.ts';

type Options = buildConnector.Options;
type Callback = buildConnector.Callback;

/** The addresses of a host, at least one, in the order in which to try them. */
export type AddressesOf = (options: Options) => Promise<readonly string[]>;

/** Connects as undici wants it, and calls back once, unless it is given up before by what it gives. */
export type Connect = (options: Options, callback: Callback) => GiveUp;

/**
 * Connects to the first address of a host that lets itself be connected to, and speaks TLS with that one alone. What takes
 * too long ends with LimitPassedError, which says whether it was the connection or TLS.
 */
export function straightConnector(network: Network, addressesOf: AddressesOf): Connect {
  const connect = socketConnector(network.trust);
  return (options, callback) => {
    const connection = new StraightConnection({ network, connect }, options, callback);
    connection.open(addressesOf);
    return () => connection.giveUp();
  };
}

interface Tools {
  readonly network: Network;
  readonly connect: (options: Options, callback: Callback) => Socket;
}

class StraightConnection {
  readonly #tools: Tools;
  readonly #options: Options;
  readonly #callback: Callback;
  #race: AddressRace | undefined;
  /** What has connected, and may still be about to speak TLS. */
  #socket: Socket | undefined;
  #isOver = false;
  #cancelLimit: () => void = () => undefined;

  constructor(tools: Tools, options: Options, callback: Callback) {
    this.#tools = tools;
    this.#options = options;
    this.#callback = callback;
  }

  open(addressesOf: AddressesOf): void {
    this.#limit('connect', this.#tools.network.limits.connectTimeoutMs);
    addressesOf(this.#options).then(
      (addresses) => this.#connect(addresses),
      (error: Error) => this.#end(error, null),
    );
  }

  giveUp(): void {
    this.#isOver = true;
    this.#cancelLimit();
    this.#race?.end();
    this.#socket?.destroy();
  }

  #connect(addresses: readonly string[]): void {
    if (this.#isOver) return;
    const { spares, clock } = this.#tools.network;
    this.#race = new AddressRace(addresses, {
      begin: (address, events) => this.#try(address, events),
      spares,
      clock,
      lost: (error) => this.#end(error, null),
    });
  }

  /** undici is told the address in the place of the name, so that what was checked is what is connected to. */
  #try(address: string, { connected, failed }: TryEvents): GiveUp {
    const socket = this.#tools.connect({ ...this.#options, hostname: address }, (...answer) => {
      if (socket === this.#socket) this.#end(...answer);
      else if (answer[0]) failed(answer[0]);
    });
    socket.prependOnceListener('connect', () => {
      connected();
      this.#socket = socket;
      if (this.#options.protocol === 'https:') this.#limit('tls', this.#tools.network.limits.tlsTimeoutMs);
    });
    return () => socket.destroy();
  }

  #limit(name: 'connect' | 'tls', ms: number): void {
    this.#cancelLimit();
    this.#cancelLimit = this.#tools.network.clock.after(ms, () => {
      this.#end(new LimitPassedError(name), null);
    });
  }

  #end(...[error, socket]: Parameters<Callback>): void {
    if (this.#isOver) return;
    if (error) {
      this.giveUp();
      this.#callback(error, null);
      return;
    }
    this.#isOver = true;
    this.#cancelLimit();
    tellErrors(socket!);
    this.#callback(null, socket!);
  }
}
