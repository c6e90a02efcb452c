import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';

/** Files that write, name or remove something on another way, each with what it is: nothing of it lasts as it is. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'base/file-system.ts': 'the way',
  'base/shared-blocks.ts': 'crops on their way, in memory',
  'base/spill.ts': 'records that are sorted, in a staging folder',
  'base/temporary-folder.ts': 'temporary folders',
  'browse/rows.ts': 'a temporary folder',
  'cli/demo-command.ts': 'copies of the sample shards',
  'cli/feedback-import-command.ts': 'a temporary folder',
  'cli/lookup-command.ts': 'a temporary folder',
  'cli/lookup-output.ts': 'the stream into an output file, which is brought to the disk when it is committed',
  'cli/posts-add-command.ts': 'a temporary folder',
  'cli/store-rows.ts': 'a temporary folder',
  'cli/transforms-command.ts': 'a temporary folder',
  'demo/shard-copy.ts': 'the folder of copies of the sample shards',
  'feedback/export.ts': 'the stream into an output file, which is brought to the disk when it is committed',
  'posts/export.ts': 'the stream into an output file, which is brought to the disk when it is committed',
  'rate/samples/input-samples.ts': 'temporary folders',
  'shards/database.ts': 'the folder that DuckDB spills to',
  'storage/copying.ts': 'copies of what lies elsewhere, in a temporary folder',
  'storage/sparse-copy.ts': 'copies of parts of what lies elsewhere, in a temporary folder',
  'tables/inputs/bytes.ts': 'inputs, unpacked in a staging folder',
  'tables/pictures/stage.ts': 'listed images as Parquet, in a staging folder',
  'tables/readable.ts': 'copies of inputs, in a staging folder',
  'tables/remote/fetch-whole.ts': 'copies of inputs, in a staging folder',
  'tables/score-table.ts': 'the database that answers lie in until they are written',
  'tables/text/stage.ts': 'text inputs as Parquet, in a staging folder',
  'tally/database.ts': 'a temporary folder',
};

const WRITING =
  /\b(append|copyFile|cp|createWriteStream|link|mkdir|mkdtemp|rename|rm|rmdir|symlink|truncate|unlink|write|writeFile)(Sync)?\b/;

test('what lasts is written, named and removed through the one file system', (t) => {
  const folder = join(packageFolder, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const writers = files.filter((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const imports = [...text.matchAll(/import \{([^}]*)\} from 'node:fs(?:\/promises)?'/g)];
    return imports.some(([, names]) => WRITING.test(names!));
  });
  t.deepEqual(writers.sort(), Object.keys(OTHERWISE).sort());
});
