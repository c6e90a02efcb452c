import { createHash, randomUUID } from 'node:crypto';
import { BowerbirdError } from '../../base/errors.ts';
import { backendOf } from '../backend-of.ts';
import type { RunBackend } from '../run-backend.ts';

/** Tells the queue of this run from that of another run by the same plan, which may be in the same Redis. */
interface QueueIdentity {
  readonly format: 'bowerbird-queue';
  readonly version: 1;
  /** By chance, from whoever was the first to ask for a queue. */
  readonly id: string;
}

const FILE = '.queue.json';

/**
 * What the queue of a run is named by, in every process: its plan, and an id that lies in the run and is made where there is none.
 *
 * @param run a folder, or a URL of object storage
 * @param digest of its plan
 * @returns a sha256 (hex)
 * @throws BowerbirdError BB_RUN_CORRUPT where the id is no longer what was written; as `RunBackend`
 */
export async function queueKey(run: string, digest: string): Promise<string> {
  const backend = backendOf(run);
  const standing = await keyIn(backend, digest);
  if (standing !== undefined) return standing;
  const identity: QueueIdentity = { format: 'bowerbird-queue', version: 1, id: randomUUID() };
  // The first wins: whoever comes second reads what stands.
  await backend.writeNew(FILE, `${JSON.stringify(identity)}\n`);
  return (await keyIn(backend, digest))!;
}

/** The same for who only looks on: undefined where nobody has asked for a queue yet. @throws as `queueKey` */
export async function standingQueueKey(run: string, digest: string): Promise<string | undefined> {
  return keyIn(backendOf(run), digest);
}

async function keyIn(backend: RunBackend, digest: string): Promise<string | undefined> {
  const text = await backend.read(FILE);
  return text === undefined
    ? undefined
    : createHash('sha256')
        .update(`${digest}\n${idOf(text, backend.place(FILE))}`)
        .digest('hex');
}

function idOf(text: string, path: string): string {
  try {
    const { format, version, id } = (JSON.parse(text) ?? {}) as Partial<QueueIdentity>;
    if (format === 'bowerbird-queue' && version === 1 && typeof id === 'string') return id;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  throw new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${path} does not name a queue. Stop the workers and the coordinator of this run, remove it, and start them again.`,
    { fields: { path } },
  );
}
