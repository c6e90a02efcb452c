import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import { type DnsQuestion, type DnsReply, encodeQuestion, failedAnswer, readAnswer } from './dns-message.ts';

/** Where a name server listens. */
export interface DnsServer {
  readonly address: string;
  readonly port: number;
}

/** Is told the answer, once. */
type Hear = (answer: DnsReply) => void;

/** Questions that leave from one port. Whoever wants to forge an answer has to guess port and id. */
const QUESTIONS_PER_PORT = 500;

const IDS = 0x10000;

/** The way to one name server: over UDP, and over TCP for answers that are too long for that. */
export class DnsLink {
  readonly #server: DnsServer;
  readonly #ports = new Set<DnsPort>();
  #current: DnsPort | undefined;
  /** Questions in a row that it could not answer, or not in time. */
  faults = 0;

  constructor(server: DnsServer) {
    this.#server = server;
  }

  /** Sends a question. What is given back ends the wait for its answer, which may come long after others were sent. */
  ask(question: DnsQuestion, hear: Hear): () => void {
    let stopTcp = (): void => undefined;
    const stopUdp = this.#port().ask(question, (answer) => {
      if (answer === 'truncated') stopTcp = askOverTcp(this.#server, question, hear);
      else hear(answer);
    });
    return () => {
      stopUdp();
      stopTcp();
    };
  }

  close(): void {
    for (const port of this.#ports) port.close();
  }

  #port(): DnsPort {
    if (this.#current?.isOpen && this.#current.asked < QUESTIONS_PER_PORT) return this.#current;
    this.#current?.retire();
    const port = new DnsPort(this.#server, () => this.#ports.delete(port));
    this.#ports.add(port);
    this.#current = port;
    return port;
  }
}

interface Pending {
  readonly question: DnsQuestion;
  readonly hear: (answer: DnsReply | 'truncated') => void;
}

/** A UDP socket that hears one name server alone. */
class DnsPort {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #onClosed: () => void;
  #unsent: (() => void)[] | undefined = [];
  #isRetired = false;
  isOpen = true;
  asked = 0;

  constructor({ address, port }: DnsServer, onClosed: () => void) {
    this.#onClosed = onClosed;
    this.#socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    this.#socket.on('message', (message) => this.#read(message));
    this.#socket.on('error', (error) => this.#fail(error));
    // Connected, so that the system drops what others send, and tells when nobody listens there.
    this.#socket.connect(port, address, ((error?: Error) => {
      if (error) this.#fail(error);
      else for (const send of this.#takeUnsent()) send();
    }) as () => void);
    // Names are asked for by somebody who waits; nobody waits for a port.
    this.#socket.unref();
  }

  ask(question: DnsQuestion, hear: Pending['hear']): () => void {
    this.asked++;
    const id = this.#freeId();
    this.#pending.set(id, { question, hear });
    const send = (): void => {
      if (!this.#pending.has(id)) return;
      this.#socket.send(encodeQuestion(id, question), (error) => {
        if (error) this.#take(id)?.hear(unsent(error));
      });
    };
    if (this.#unsent) this.#unsent.push(send);
    else send();
    return () => {
      this.#take(id);
    };
  }

  /** Asks nothing more, and closes once nothing is waited for. */
  retire(): void {
    this.#isRetired = true;
    if (this.#pending.size === 0) this.close();
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#socket.close();
    this.#onClosed();
  }

  #read(message: Buffer): void {
    const id = message.length < 2 ? undefined : message.readUInt16BE(0);
    const pending = id === undefined ? undefined : this.#pending.get(id);
    const answer = pending && readAnswer(message, pending.question);
    if (answer) this.#take(id!)?.hear(answer);
  }

  #fail(error: Error): void {
    this.close();
    for (const id of [...this.#pending.keys()]) this.#take(id)?.hear(unsent(error));
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#isRetired && this.#pending.size === 0) this.close();
    return pending;
  }

  #takeUnsent(): (() => void)[] {
    const unsent = this.#unsent ?? [];
    this.#unsent = undefined;
    return unsent;
  }

  #freeId(): number {
    for (;;) {
      const id = randomInt(IDS);
      if (!this.#pending.has(id)) return id;
    }
  }
}

/** What the system says where nobody listens, or no way leads, is no word of a name server. */
function unsent(error: Error): DnsReply {
  return { kind: 'failed', why: error.message, isSilent: true };
}

/** RFC 1035, 4.2.2: two bytes of length go before a message. */
const LENGTH_BYTES = 2;

function askOverTcp({ address, port }: DnsServer, question: DnsQuestion, hear: Hear): () => void {
  const message = encodeQuestion(randomInt(IDS), question);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(message.length);
  let received = Buffer.alloc(0);
  const socket = connect({ host: address, port });
  const end = (answer: DnsReply): void => {
    socket.removeAllListeners('close').destroy();
    hear(answer);
  };
  socket
    .on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const answer = wholeAnswer(received, message, question);
      if (answer) end(answer);
    })
    .on('error', () => undefined)
    .once('close', () => hear(failedAnswer('the name server hung up')))
    .write(Buffer.concat([length, message]));
  return () => socket.removeAllListeners('close').destroy();
}

/** The answer in what has come; undefined where more is to come. */
function wholeAnswer(received: Buffer, asked: Buffer, question: DnsQuestion): DnsReply | undefined {
  if (received.length < LENGTH_BYTES) return undefined;
  const end = LENGTH_BYTES + received.readUInt16BE(0);
  if (received.length < end) return undefined;
  const message = received.subarray(LENGTH_BYTES, end);
  const isReply = message.length > 2 && message.readUInt16BE(0) === asked.readUInt16BE(0);
  const answer = isReply ? readAnswer(message, question) : undefined;
  return answer === undefined || answer === 'truncated'
    ? failedAnswer('the name server answered something else')
    : answer;
}
