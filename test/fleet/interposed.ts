import { createHash } from 'node:crypto';
import type { ShardStats } from '../../src/runs/stats.ts';
import type { Storage } from '../../src/storage/storage.ts';
import type { S3Server } from '../helpers/s3-server.ts';

/** What becomes of a call to storage: it is made, or not, and something happens before or after. */
export type Fate = (call: () => Promise<unknown>) => Promise<unknown>;

/** Storage whose n-th call, from 0, has another fate; listings count when they begin. */
export function interposed(
  storage: Storage,
  n: number,
  fate: Fate,
): { readonly storage: Storage; met(): boolean } {
  let count = 0;
  let isMet = false;
  const through = (call: () => Promise<unknown>): Promise<unknown> => {
    if (count++ !== n) return call();
    isMet = true;
    return fate(call);
  };
  const proxy = new Proxy(storage, {
    get(target, name) {
      const own = Reflect.get(target, name) as unknown;
      if (typeof own !== 'function') return own;
      if (name === 'list')
        return async function* (url: string) {
          await through(async () => undefined);
          yield* target.list(url);
        };
      return (...args: unknown[]) => through(() => Reflect.apply(own, target, args) as Promise<unknown>);
    },
  });
  return { storage: proxy, met: () => isMet };
}

/** The worker whose shard stands, every byte of it as the stats say; undefined where none does. */
export function standingWorker(server: S3Server, url: string): string | undefined {
  const prefix = url.slice('s3://bucket/'.length);
  const bytes = server.bytesOf('bucket', `${prefix}/stats/00000_stats.json`);
  if (!bytes) return undefined;
  const stats = JSON.parse(bytes.toString()) as ShardStats;
  for (const [name, { sha256, entries }] of Object.entries(stats.files)) {
    const content = server.bytesOf('bucket', `${prefix}/${name}${entries === undefined ? '' : '/0.jpg'}`);
    if (!content) throw new Error(`${name} is missing`);
    if (entries === undefined && createHash('sha256').update(content).digest('hex') !== sha256)
      throw new Error(`${name} is of another`);
    if (entries !== undefined && content.toString() !== stats.input) throw new Error(`${name} is of another`);
  }
  return stats.input;
}

/** What becomes of the call at which a process dies. */
export const FATES: readonly (readonly [string, Fate])[] = [
  [
    'is not made, and ends its worker',
    async () => {
      throw new Error('killed');
    },
  ],
  [
    'is made, and ends its worker',
    async (call) => {
      await call();
      throw new Error('killed');
    },
  ],
];

/** Somebody on another machine has taken a run and given it back while its holder here slept. */
export function takeOver(server: S3Server, url: string): void {
  const prefix = `${url.slice('s3://bucket/'.length)}/.lock/`;
  for (const key of server.keys('bucket', prefix)) server.buckets.get('bucket')!.objects.delete(key);
  const claim = { token: 'theirs', beat: 0, isReleased: true };
  server.hold('bucket', `${prefix}0000000099.json`, JSON.stringify(claim));
}
