import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE } from '../../src/demo/catalogue.ts';
import { renderPicture } from '../../src/demo/pictures/render.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { openDuckDb, quoteText } from '../../src/tables/duckdb.ts';

const ROWS_PER_SHARD = 10_000;
const PICTURES = 96;

/**
 * A run as `bowerbird score FOLDER` leaves it, of as many rows as asked for: every row has one of 96 pictures, a caption and scores that
 * are made up; one in nine has failed.
 */
export async function makeBrowsedRun(folder: string, rowCount: number): Promise<string> {
  const [pictures, run] = [join(folder, 'pictures'), join(folder, 'run')];
  for (const path of [pictures, join(run, 'tags'), join(run, 'stats')]) mkdirSync(path, { recursive: true });
  for (const [i, picture] of CATALOGUE.slice(0, PICTURES).entries()) {
    writeFileSync(join(pictures, `${i}.jpg`), await renderPicture({ ...picture, format: 'jpeg' }));
  }
  const instance = await openDuckDb({ memoryLimitMb: 1024, temporaryFolder: join(folder, 'spill') });
  const connection = await instance.connect();
  const shards = Math.ceil(rowCount / ROWS_PER_SHARD);
  for (let shard = 0; shard < shards; shard++) {
    const name = String(shard).padStart(5, '0');
    const rows = Math.min(ROWS_PER_SHARD, rowCount - shard * ROWS_PER_SHARD);
    await connection.run(
      `COPY (${rowsSql(shard, rows)}) TO ${quoteText(join(run, 'tags', `${name}.parquet`))} (FORMAT parquet, COMPRESSION zstd)`,
    );
    writeFileSync(join(run, 'stats', `${name}_stats.json`), '{}\n');
  }
  connection.closeSync();
  instance.closeSync();
  writeFileSync(
    join(run, 'run.json'),
    JSON.stringify(pictureRun({ pictures, rowCount, shards, rowsPerShard: ROWS_PER_SHARD })),
  );
  return run;
}

/** Captions of some 80 characters, and scores that spread as sums of three dice do. */
function rowsSql(shard: number, rows: number): string {
  const seed = shard * ROWS_PER_SHARD;
  const dice = (salt: number): string => `((hash(i + ${seed}, ${salt}) % 10007) / 10007.0)`;
  return `SELECT format('${String(shard).padStart(5, '0')}{:04d}', i) AS key, (hash(i + ${seed}) >> 1)::BIGINT AS hash,
    (hash(i + ${seed}, 1) % ${PICTURES}) || '.jpg' AS path,
    'A picture of ' || md5((hash(i + ${seed}) % 5003)::VARCHAR)[:12] || ' in the evening light near the ' ||
      ['river', 'harbour', 'old town', 'forest', 'station', 'market'][1 + i % 6] || ', number ' || (i + ${seed}) AS caption,
    CASE WHEN i % 9 = 4 THEN 'failed_to_resize' ELSE 'success' END AS status,
    CASE WHEN i % 9 = 4 THEN 'image_broken' END AS reason, NULL::VARCHAR AS error_message,
    640::INTEGER AS original_width, 480::INTEGER AS original_height,
    CASE WHEN i % 9 <> 4 THEN (1 + 3 * (${dice(2)} + ${dice(3)} + ${dice(4)}))::FLOAT END AS aesthetic,
    CASE WHEN i % 9 <> 4 THEN (${dice(5)} * ${dice(6)})::FLOAT END AS punsafe,
    CASE WHEN i % 9 <> 4 THEN ${dice(7)}::FLOAT END AS pwatermark,
    coalesce(aesthetic > 5.5, false) AS kept, CASE WHEN i % 9 <> 4 AND aesthetic <= 5.5 THEN 'aesthetic' END AS dropped_by
    FROM range(${rows}) AS r(i)`;
}

/** What a made-up run over a folder of images was made with. */
interface PictureRunFacts {
  /** The folder. */
  readonly pictures: string;
  readonly rowCount: number;
  readonly shards: number;
  readonly rowsPerShard: number;
}

/** The run.json of a run over a folder of images. */
function pictureRun({ pictures, rowCount, shards, rowsPerShard }: PictureRunFacts): RunRecord {
  return {
    format: 'bowerbird-run',
    version: 1,
    bowerbird_version: '0.0.0',
    state: 'done',
    settings: { number_sample_per_shard: rowsPerShard },
    thresholds: { min_aesthetic: null, max_punsafe: null, max_pwatermark: null, missing_tags: 'drop' },
    inputs: [{ path: pictures, format: 'images', rows: rowCount, bytes: 0, fingerprint: '' }],
    rows: rowCount,
    shards,
    columns: { path: 'path', caption: 'caption' },
    parts: [],
    schema: [],
    encoder: {
      name: 'none',
      description: '',
      digest: '',
      dimension: 1,
      provider: 'cpu',
      batch_invariant: true,
    },
    heads: {},
    sessions: [],
  } as unknown as RunRecord;
}
