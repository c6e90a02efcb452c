import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SocksProxyOptions {
  /** SOCKS 5: user name and password that it wants to be told (RFC 1929). */
  readonly credentials?: readonly [string, string];
  /** What it answers instead of connecting: RFC 1928, section 6; for SOCKS 4 its own. */
  readonly reply?: number;
  /** The address for which alone it answers so; all where not given. */
  readonly repliesTo?: string;
}

/** A SOCKS proxy on loopback (versions 4, 4a and 5), for which every host is this machine. */
export interface SocksProxy {
  readonly port: number;
  /** `5 name some.test`, `5 address 127.0.0.1`, `4 address 127.0.0.1`, `4 name some.test` */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export async function startSocksProxy(options: SocksProxyOptions = {}): Promise<SocksProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    void serve(client, options, asked).then(
      (host) => host && sockets.add(host),
      () => client.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  client: Socket,
  options: SocksProxyOptions,
  asked: string[],
): Promise<Socket | undefined> {
  const read = reader(client);
  const [version] = await read(1);
  return version === 4 ? serve4(client, read, options, asked) : serve5(client, read, options, asked);
}

type Read = (count: number) => Promise<Buffer>;

/** RFC 1928, and RFC 1929 for the password. */
async function serve5(
  client: Socket,
  read: Read,
  options: SocksProxyOptions,
  asked: string[],
): Promise<Socket | undefined> {
  const methods = await read((await read(1))[0]!);
  const method = options.credentials ? 2 : 0;
  client.write(Buffer.from([5, methods.includes(method) ? method : 0xff]));
  if (options.credentials) {
    await read(1);
    const user = (await read((await read(1))[0]!)).toString();
    const password = (await read((await read(1))[0]!)).toString();
    const isRight = user === options.credentials[0] && password === options.credentials[1];
    client.write(Buffer.from([1, isRight ? 0 : 1]));
    if (!isRight) return undefined;
  }
  const [, , , kind] = await read(4);
  const isName = kind === 3;
  const host = await read(isName ? (await read(1))[0]! : kind === 1 ? 4 : 16);
  const port = (await read(2)).readUInt16BE();
  const address = kind === 1 ? [...host].join('.') : host.toString('hex');
  asked.push(isName ? `5 name ${host}` : `5 address ${address}`);
  const { repliesTo = address } = options;
  const reply = repliesTo === address ? (options.reply ?? 0) : 0;
  const answer = Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]);
  if (reply === 0) return joined(client, port, answer);
  client.end(answer);
  return undefined;
}

/** SOCKS 4, and 4a for names: their address is 0.0.0.x. */
async function serve4(
  client: Socket,
  read: Read,
  options: SocksProxyOptions,
  asked: string[],
): Promise<Socket | undefined> {
  await read(1);
  const port = (await read(2)).readUInt16BE();
  const address = await read(4);
  await text(read);
  const isName = address.readUInt32BE() < 256;
  asked.push(isName ? `4 name ${await text(read)}` : `4 address ${[...address].join('.')}`);
  const reply = options.reply ?? 90;
  const answer = Buffer.from([0, reply, 0, 0, 0, 0, 0, 0]);
  if (reply === 90) return joined(client, port, answer);
  client.end(answer);
  return undefined;
}

async function text(read: Read): Promise<string> {
  let all = '';
  for (let byte = await read(1); byte[0] !== 0; byte = await read(1)) all += byte.toString('latin1');
  return all;
}

function joined(client: Socket, port: number, answer: Buffer): Socket {
  const host = connect(port, '127.0.0.1', () => {
    client.write(answer);
    host.pipe(client).pipe(host);
  });
  host.on('error', () => client.destroy());
  client.on('close', () => host.destroy());
  return host;
}

/** Bytes of a socket as they are asked for. */
function reader(socket: Socket): Read {
  return async (count) => {
    for (;;) {
      const bytes = count === 0 ? Buffer.alloc(0) : (socket.read(count) as Buffer | null);
      if (bytes) return bytes;
      await new Promise((resolve, reject) => socket.once('readable', resolve).once('close', reject));
    }
  };
}
