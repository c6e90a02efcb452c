import { lookup } from 'node:dns/promises';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';

/** Where a server listens. */
export interface ListenPlace {
  /** Address or name. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** A port that is open. */
export interface OpenPort {
  /** `http://127.0.0.1:8420` */
  readonly url: string;
  readonly port: number;
}

/** Opens the port of a server. @throws BowerbirdError BB_LISTEN */
export async function listen(app: FastifyInstance, { host, port }: ListenPlace): Promise<OpenPort> {
  try {
    // By its name, fastify would open a server for each of a host's addresses.
    const { address } = await lookup(host);
    await app.listen({ host: address, port });
  } catch (thrown) {
    const why = codeOf(thrown) === 'EADDRINUSE' ? 'another process listens there' : messageOf(thrown);
    throw new BowerbirdError(
      'BB_LISTEN',
      `The server cannot listen on ${host} port ${port}: ${why}. Choose others with --host and --port.`,
      { cause: thrown, fields: { host, port } },
    );
  }
  const { port: opened, address, family } = app.server.address() as AddressInfo;
  return { url: `http://${family === 'IPv6' ? `[${address}]` : host}:${opened}`, port: opened };
}
