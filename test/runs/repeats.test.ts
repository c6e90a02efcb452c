import { join } from 'node:path';
import test from 'ava';
import { findRepeats } from '../../src/runs/repeats.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { duck } from '../shards/fixtures.ts';

const columns = { url: 'URL' };

test('the pictures that most rows have come first, over all shards, failed rows aside', async (t) => {
  const folder = await makeFolder(t);
  const files = [0, 1].map((shard) => join(folder, `0000${shard}.parquet`));
  // Picture 0 has 40 rows, picture 1 has 39, ... of each shard the half; every third row failed.
  for (const [shard, file] of files.entries())
    await duck(
      `COPY (SELECT '${shard}' || lpad((20 * p + i)::VARCHAR, 4, '0') AS key, 'http://host/' || p || '/' || i AS "URL", i % 2 = 0 AS kept,
               CASE WHEN i % 3 > 0 THEN p - 20 END AS phash, 'd' || p AS sha256
             FROM range(40) AS a(p), range(20) AS b(i) WHERE i < 20 - p // 2 ORDER BY p, i)
       TO '${file}' (FORMAT parquet)`,
    );
  const settings = { compute_phash: true, compute_hash: 'sha256' };
  const found = await findRepeats(files, folder, { settings, columns }, ['00003', '10002', '10003']);
  t.is(found!.by, 'phash');
  t.is(found!.most.length, 12);
  t.deepEqual(found!.most[0], {
    ...{ rows: 26, kept: 12, key: '00001', url: 'http://host/0/1', shownKey: '10002' },
  });
  t.true(found!.most.every(({ rows }, i) => i === 0 || rows <= found!.most[i - 1]!.rows));
  t.true(found!.pictures > 12 && found!.rows > 300);

  const byDigest = await findRepeats(
    files,
    folder,
    { settings: { compute_hash: 'sha256' }, columns: {} },
    [],
  );
  t.like(byDigest, { by: 'sha256', pictures: 40, rows: 2 * (20 * 21) });
  t.like(byDigest!.most[0], { rows: 40, url: null, shownKey: null });
  t.is(await findRepeats(files, folder, { settings: {}, columns }, []), undefined);
});
