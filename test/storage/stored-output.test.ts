import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { StoredOutput, type StoredOutputOptions } from '../../src/storage/stored-output.ts';
import { expandInputs } from '../../src/tables/inputs.ts';
import { type S3Server, startS3Server } from '../helpers/s3-server.ts';

let server: S3Server;

test.before(async () => {
  server = await startS3Server();
  Object.assign(process.env, server.environment, { AWS_MAX_ATTEMPTS: '1' });
});
test.after.always(() => server.stop());

const OPTIONS: StoredOutputOptions = { kind: 'a subset', marker: 'subset.json', flag: '--output-folder' };
const OLD = { 'subset.json': 'old', 'part-0-a.parquet': 'old a', 'aesthetic_7/part-0-b.parquet': 'old b' };
const NEW = { 'subset.json': 'new', 'part-0-a.parquet': 'new a', 'part-1-c.parquet': 'new c' };

type Files = Readonly<Record<string, string>>;

/** Gives the folder of this machine that it went through. */
async function publish(name: string, files: Files): Promise<string> {
  const output = await StoredOutput.take(`s3://bucket/${name}`, OPTIONS, () => undefined);
  try {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(output.folder, file)), { recursive: true });
      await writeFile(join(output.folder, file), content);
    }
    await output.publish(await output.present());
    return output.folder;
  } finally {
    await output.release();
  }
}

/** What lies there for all to see. */
function seen(name: string): Files {
  const keys = server.keys('bucket', `${name}/`).map((key) => key.slice(name.length + 1));
  return Object.fromEntries(
    keys
      .filter((key) => !key.startsWith('.output/'))
      .map((key) => [key, String(server.bytesOf('bucket', `${name}/${key}`))]),
  );
}

function hidden(name: string): string[] {
  return server.keys('bucket', `${name}/.output/`).filter((key) => !/\/lock\/\d{10}\.json$/.test(key));
}

function isWrite(operation: string): boolean {
  return ['PutObject', 'CopyObject', 'DeleteObject'].includes(operation);
}

test.serial(
  'an output comes to its place whole, the marker last, and takes the place of an earlier one',
  async (t) => {
    t.false(existsSync(await publish('plain', OLD)));
    t.deepEqual(seen('plain'), OLD);
    const from = server.log.length;
    await publish('plain', NEW);
    t.deepEqual(seen('plain'), NEW);
    t.deepEqual(hidden('plain'), []);
    const ours = server.log
      .slice(from)
      .filter(({ operation, key }) => isWrite(operation) && !key.includes('.output/'));
    t.is(ours[0]!.operation, 'DeleteObject');
    t.is(ours[0]!.key, 'plain/subset.json');
    t.is(ours.at(-1)!.operation, 'CopyObject');
    t.is(ours.at(-1)!.key, 'plain/subset.json');
  },
);

test.serial(
  'wherever a writer is cut short, the old output stands whole or readers refuse it, and the next brings it to its end',
  async (t) => {
    const writes = await countWrites();
    t.true(writes > 12, `${writes}`);
    const states = new Set<string>();
    for (let last = 0; last < writes; last++) {
      const name = `cut-${last}`;
      await publish(name, OLD);
      await cutAfter(last, name);
      const state = await stateOf(name);
      states.add(state);
      if (state === 'old') t.deepEqual(seen(name), OLD);
      else if (state === 'new') t.deepEqual(seen(name), NEW);
      else t.is(state, 'refused');
      // Whoever comes next wants to write something that is refused later: what was begun is ended all the same.
      const next = await StoredOutput.take(`s3://bucket/${name}`, OPTIONS, () => undefined);
      await next.release();
      t.deepEqual(seen(name), state === 'old' ? OLD : NEW, `${last}: ${state}`);
      t.deepEqual(hidden(name), [], `${last}`);
    }
    t.deepEqual([...states].sort(), ['new', 'old', 'refused']);
  },
);

test.serial(
  'who was asleep for a while in bringing files to their places changes nothing more once another has the place',
  async (t) => {
    await publish('zombie', OLD);
    const { now } = Date;
    const when = ({ operation, key }: { operation: string; key: string }): boolean => {
      if (operation !== 'DeleteObject' || key !== 'zombie/subset.json') return false;
      // Asleep for an hour, as far as the clock on the wall knows, and another has come.
      server.hold('bucket', 'zombie/.output/lock/0000000099.json', '{}');
      Date.now = () => now() + 3_600_000;
      return true;
    };
    server.faults.push({ fault: { kind: 'slow', ms: 1 }, when, times: 1 });
    await t.throwsAsync(publish('zombie', NEW), { code: 'BB_RUN_LOCKED' });
    Date.now = now;
    t.like(seen('zombie'), { 'part-0-a.parquet': 'old a', 'aesthetic_7/part-0-b.parquet': 'old b' });
    t.true(hidden('zombie').some((key) => key.endsWith('/publishing.json')));
  },
);

test.serial(
  'a journal whose files are gone was ended by another, and keeps nobody from the place',
  async (t) => {
    await publish('late', OLD);
    const journal = {
      ...{ format: 'bowerbird-publishing', version: 1, staged: randomUUID(), marker: 'subset.json' },
      ...{ names: ['part-0-a.parquet'], removed: ['aesthetic_7/part-0-b.parquet'] },
    };
    server.hold('bucket', 'late/.output/publishing.json', JSON.stringify(journal));
    await publish('late', NEW);
    t.deepEqual(seen('late'), NEW);
    t.deepEqual(hidden('late'), []);
  },
);

/** Requests that change something, of one who replaces an output. */
async function countWrites(): Promise<number> {
  await publish('counted', OLD);
  const from = server.log.length;
  await publish('counted', NEW);
  return server.log.slice(from).filter(({ operation }) => isWrite(operation)).length;
}

/** Replaces an output, and lets no change through after so many but those of the lock. */
async function cutAfter(last: number, name: string): Promise<void> {
  let left = last;
  const rule = {
    fault: { kind: 'error', status: 403, code: 'AccessDenied' } as const,
    when: ({ operation, key }: { operation: string; key: string }) =>
      key.startsWith(`${name}/`) && !key.includes('/lock/') && isWrite(operation) && left-- <= 0,
  };
  server.faults.push(rule);
  await publish(name, NEW).catch(() => undefined);
  server.faults.splice(server.faults.indexOf(rule), 1);
}

async function stateOf(name: string): Promise<string> {
  try {
    await expandInputs([`s3://bucket/${name}`]);
  } catch (thrown) {
    return (thrown as { code: string }).code === 'BB_OUTPUT_UNFINISHED' ? 'refused' : String(thrown);
  }
  return String(server.bytesOf('bucket', `${name}/subset.json`));
}

test.serial('where something else lies, or nobody may write, nothing is written', async (t) => {
  server.hold('bucket', 'theirs/data.parquet', 'x');
  const from = server.log.length;
  const refuse = (present: string) => {
    if (present === 'other') throw new Error('theirs');
  };
  await t.throwsAsync(StoredOutput.take('s3://bucket/theirs/', OPTIONS, refuse), { message: 'theirs' });
  server.hold('bucket', 'object', 'x');
  await t.throwsAsync(StoredOutput.take('s3://bucket/object', OPTIONS, refuse), { code: 'BB_OUTPUT_FOLDER' });
  await t.throwsAsync(StoredOutput.take('s3://no-bucket/x', OPTIONS, refuse), {
    code: 'BB_STORAGE_NOT_FOUND',
  });
  t.false(server.log.slice(from).some(({ operation }) => isWrite(operation)));
});

test.serial('a place that somebody is writing is not written by another', async (t) => {
  const first = await StoredOutput.take('s3://bucket/held', OPTIONS, () => undefined);
  await t.throwsAsync(
    StoredOutput.take('s3://bucket/held', OPTIONS, () => undefined),
    { code: 'BB_RUN_LOCKED' },
  );
  await first.release();
  await (await StoredOutput.take('s3://bucket/held', OPTIONS, () => undefined)).release();
});

test.serial('folders of a subset are no input while the subset around them is unfinished', async (t) => {
  server.hold('bucket', 'open/aesthetic_7/part-0-b.parquet', 'x');
  server.hold('bucket', 'open/.output/publishing.json', '{}');
  for (const input of ['s3://bucket/open', 's3://bucket/open/aesthetic_7', 's3://bucket/ope*/*/*.parquet'])
    await t.throwsAsync(expandInputs([input]), { code: 'BB_OUTPUT_UNFINISHED' }, input);
});

test.serial(
  'what killed writers left is removed once it is a day old by the clock of the service',
  async (t) => {
    const { storageOf } = await import('../../src/storage/storage-of.ts');
    const storage = await storageOf('s3://bucket/x');
    const dayMs = 24 * 60 * 60 * 1000;
    const { uploads, objects } = server.buckets.get('bucket')!;
    const begin = (key: string, ageMs: number): void => {
      const begunAtMs = Date.now() - ageMs;
      uploads.set(`${key} ${ageMs}`, { key, begunAtMs, metadata: {}, parts: new Map() });
    };
    begin('run/tags/00000.parquet', dayMs + 60_000);
    begin('run/tags/00001.parquet', dayMs - 60_000);
    begin('runs-of-others/tags/00000.parquet', 2 * dayMs);
    const probe = (key: string, ageMs: number): void => {
      server.hold('bucket', key, '');
      objects.set(key, { ...objects.get(key)!, writtenAtMs: Date.now() - ageMs });
    };
    const [old, young, full] = Array.from({ length: 3 }, () => `run/.lock/.first-wins-${randomUUID()}`);
    probe(old!, 2 * dayMs);
    probe(young!, 60_000);
    probe(full!, 2 * dayMs);
    server.hold('bucket', full!, 'something');
    objects.set(full!, { ...objects.get(full!)!, writtenAtMs: Date.now() - 2 * dayMs });
    probe('run/.lock/.first-wins-notes', 2 * dayMs);
    probe('run/.lock/0000000001.json', 2 * dayMs);
    t.is(await storage.removeLeftovers('s3://bucket/run/', ['.lock/']), 2);
    t.deepEqual(
      [...uploads.values()].map(({ key }) => key),
      ['run/tags/00001.parquet', 'runs-of-others/tags/00000.parquet'],
    );
    t.deepEqual(
      server.keys('bucket', 'run/.lock/').toSorted(),
      [young!, full!, 'run/.lock/.first-wins-notes', 'run/.lock/0000000001.json'].toSorted(),
    );
    uploads.clear();
  },
);
