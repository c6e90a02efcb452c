import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type ConsentSignals, NO_SIGNALS } from '../../src/samples/consent.ts';
import { readConsentFile } from '../../src/shards/consent.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { openShard } from '../pipeline/setup.ts';

const ROWS = [1, 2, 3].map((n) => ({ URL: `http://a/${n}`, TEXT: null }));

const FIRST: ConsentSignals = {
  ...{ xRobotsTag: 'a: noai\nnofollow', robotsAllowed: true, tdmReservation: 0, tdmPolicy: 'https://a/é' },
  ...{ contentUsage: 'train-ai=n', robotsContentUsage: 'train-ai=y', c2pa: true },
};
const THIRD: ConsentSignals = { ...NO_SIGNALS, robotsAllowed: false, tdmReservation: 1, c2pa: false };

test('every row has its signals, in input order, with the names that docs/formats.md gives them', async (t) => {
  const shard = await openShard(t, ROWS);
  const path = join(await makeFolder(t), 'consent.parquet');
  await shard.writeConsent(path, [FIRST, undefined, THIRD]);
  const nothing = { x_robots_tag: null, tdm_policy: null, content_usage: null, robots_content_usage: null };
  t.deepEqual(
    (await readParquet(path)).map(({ hash, ...row }) => ({ ...row, hash: BigInt(String(hash)) })),
    [
      {
        ...{
          key: shard.keys[0]!,
          hash: shard.hashes[0]!,
          x_robots_tag: 'a: noai\nnofollow',
          robots_allowed: true,
        },
        ...{ tdm_reservation: 0, tdm_policy: 'https://a/é', content_usage: 'train-ai=n', c2pa: true },
        robots_content_usage: 'train-ai=y',
      },
      {
        ...{ key: shard.keys[1]!, hash: shard.hashes[1]!, ...nothing, robots_allowed: null },
        ...{ tdm_reservation: null, c2pa: null },
      },
      {
        ...{ key: shard.keys[2]!, hash: shard.hashes[2]!, ...nothing, robots_allowed: false },
        ...{ tdm_reservation: 1, c2pa: false },
      },
    ],
  );
});

test('the same signals give the same bytes, also when they come from the file', async (t) => {
  const shard = await openShard(t, ROWS);
  const folder = await makeFolder(t);
  const [first, second, third] = ['1', '2', '3'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await shard.writeConsent(first, [FIRST, undefined, THIRD]);
  await shard.writeConsent(second, [FIRST, NO_SIGNALS, THIRD]);
  t.deepEqual(await readFile(second), await readFile(first));
  const read = await readConsentFile(first, folder);
  t.deepEqual(read, [FIRST, NO_SIGNALS, THIRD]);
  await shard.writeConsent(third, read);
  t.deepEqual(await readFile(third), await readFile(first));
});
