import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { hiddenHead, otherHead } from '../evaluate/world.ts';
import { startFileServer } from '../helpers/file-server.ts';
import { type CliResult, runCli } from '../helpers/run-cli.ts';
import { startS3Server } from '../helpers/s3-server.ts';
import { type Collection, DIMENSION, makeCollection, nameOf, ratings, SAMPLES } from '../learn/collection.ts';
import { makeFolder, unitRows } from '../rescore/setup.ts';
import { buildWorld } from './store-world.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment, { AWS_MAX_ATTEMPTS: '1' });
const web = await startFileServer();
test.after.always(() => Promise.all([server.stop(), web.stop()]));

/** Puts a file, or all below a folder, into the bucket, below a prefix of each test. */
async function upload(path: string, key: string): Promise<string> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (!entries) server.hold('bucket', key, await readFile(path));
  for (const entry of entries ?? []) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    server.hold('bucket', key + file.slice(path.length), await readFile(file));
  }
  return `s3://bucket/${key}`;
}

/** Keys of objects that were fetched, in order. */
const fetched = (): (string | undefined)[] =>
  server.log
    .filter(({ operation }) => operation === 'GetObject')
    .map(({ key }) => key)
    .sort();

async function ran(t: ExecutionContext, args: readonly string[]): Promise<CliResult> {
  const result = await runCli(args);
  t.is(result.exitCode, 0, result.stderr);
  t.notRegex(result.stderr + result.stdout, /bowerbird-elsewhere/);
  return result;
}

const bytesOf = (collection: Collection, name: string): Promise<string> =>
  readFile(collection.path(name), 'latin1');

test.serial(
  'train makes of answers and embeddings elsewhere the head that it makes of the same files here, and fetches each once',
  async (t) => {
    const collection = await makeCollection(t);
    const feedback = await collection.write('taste.jsonl', ratings(collection));
    const urls = [
      await upload(feedback, 'train/taste.jsonl'),
      await upload(collection.embeddings, 'train/emb'),
    ];
    const train = (inputs: readonly string[], output: string): Promise<CliResult> =>
      ran(t, [
        ...['train', '--method', 'ridge', '--feedback', inputs[0]!, '--embeddings', inputs[1]!],
        ...['--output-folder', collection.path(output)],
      ]);
    await train([feedback, collection.embeddings], 'here');
    server.log.length = 0;
    const { stderr } = await train([urls[0]!, `${urls[1]!}/`], 'elsewhere');
    t.regex(stderr, /Fetching s3:\/\/bucket\/train\/taste\.jsonl \(/);
    t.deepEqual(fetched(), [
      'train/emb/img_emb/img_emb_0.npy',
      'train/emb/img_emb/img_emb_1.npy',
      'train/emb/metadata/metadata_0.parquet',
      'train/emb/metadata/metadata_1.parquet',
      'train/taste.jsonl',
    ]);
    for (const name of ['head.safetensors', 'training.json'])
      t.is(await bytesOf(collection, `elsewhere/${name}`), await bytesOf(collection, `here/${name}`));
    server.log.length = 0;
    const again = await runCli([
      ...['train', '--method', 'ridge', '--feedback', urls[0]!, '--embeddings', urls[1]!],
      ...['--output-folder', collection.path('elsewhere')],
    ]);
    t.regex(again.stderr, /BB_OUTPUT_EXISTS/);
    t.deepEqual(fetched(), []);
  },
);

test.serial(
  'evaluate tells of heads, scores and answers elsewhere by their URLs, and finds what it finds here',
  async (t) => {
    const collection = await makeCollection(t);
    const feedback = await collection.write('taste.jsonl', ratings(collection));
    const scores = collection.path('scores.csv');
    const rows = Array.from({ length: SAMPLES }, (_, i) => `${nameOf(i).key ?? `none${i}`},${(i * 7) % 30}`);
    await writeFile(scores, `key,mine\n${rows.join('\n')}\n`);
    const heads = [(await hiddenHead(collection)).path, (await otherHead(collection)).path];
    const here = [...heads, scores, feedback, collection.embeddings];
    const names = ['hidden.json', 'other.json', 'scores.csv', 'taste.jsonl', 'emb/img_emb'];
    const elsewhere: string[] = [];
    for (const [i, path] of here.entries())
      elsewhere.push(await upload(path, `evaluate/${names[i]!.replace('/img_emb', '')}`));
    const evaluate = async (inputs: readonly string[], output: string): Promise<string> => {
      await ran(t, [
        ...['evaluate', inputs[0]!, inputs[1]!, '--scores', `${inputs[2]!}:mine`, '--feedback', inputs[3]!],
        ...[
          '--embeddings',
          inputs[4]!,
          '--all',
          '--resamples',
          '200',
          '--output-folder',
          collection.path(output),
        ],
      ]);
      return bytesOf(collection, `${output}/evaluation.json`);
    };
    const expected = here.reduce(
      (text, path, i) => text.replaceAll(path, elsewhere[i]!),
      await evaluate(here, 'here'),
    );
    t.is(await evaluate([...elsewhere.slice(0, 4), `${elsewhere[4]!}/img_emb/`], 'elsewhere'), expected);
    t.notRegex(await bytesOf(collection, 'elsewhere/evaluate.html'), /bowerbird-elsewhere/);
  },
);

test.serial(
  'what is secret in the URL of an answer or a head is in no file that is made of it',
  async (t) => {
    const collection = await makeCollection(t);
    const feedback = await collection.write('taste.jsonl', ratings(collection));
    const head = await hiddenHead(collection);
    web.files.set('/taste.jsonl', await readFile(feedback));
    web.files.set('/hidden.json', await readFile(head.path));
    const rows = Array.from(
      { length: SAMPLES },
      (_, row) => `${nameOf(row).key ?? `none${row}`},${row % 30}`,
    );
    web.files.set('/scores.csv', Buffer.from(`key,mine\n${rows.join('\n')}\n`));
    const urlOf = (name: string): string =>
      `${web.origin.replace('//', '//ada:pass123@')}/${name}?sig=hush456`;
    await ran(t, [
      ...[
        'evaluate',
        urlOf('hidden.json'),
        '--scores',
        `${urlOf('scores.csv')}:mine`,
        '--feedback',
        urlOf('taste.jsonl'),
        '--all',
        '--resamples',
        '100',
      ],
      ...['--embeddings', collection.embeddings, '--output-folder', collection.path('out')],
    ]);
    for (const name of ['out/evaluation.json', 'out/evaluate.html']) {
      const text = await bytesOf(collection, name);
      t.true(text.includes(`${web.origin}/hidden.json`));
      t.true(text.includes(`${web.origin}/scores.csv:mine`));
      t.notRegex(text, /pass123|hush456|bowerbird-elsewhere/);
    }
  },
);

test.serial(
  'a queue over embeddings, answers and a head elsewhere asks what one over files here asks',
  async (t) => {
    const collection = await makeCollection(t);
    const feedback = await collection.write('taste.jsonl', ratings(collection).slice(0, 40));
    const head = await hiddenHead(collection);
    const urls = [
      await upload(feedback, 'queue/taste.jsonl'),
      await upload(collection.embeddings, 'queue/emb'),
      await upload(head.path, 'queue/hidden.json'),
    ];
    const queue = async (inputs: readonly string[], name: string): Promise<string> => {
      await ran(t, [
        ...[
          'queue',
          '--feedback',
          inputs[0]!,
          '--embeddings',
          inputs[1]!,
          '--head',
          inputs[2]!,
          '--mode',
          'rating',
        ],
        ...['--count', '20', '--seed', '3', '--mix', 'random=1', '--output', collection.path(name)],
      ]);
      return bytesOf(collection, name);
    };
    const here = await queue([feedback, collection.embeddings, head.path], 'here.jsonl');
    t.is(await queue(urls, 'elsewhere.jsonl'), here);
  },
);

test.serial(
  'what is missing, vanishes or is broken elsewhere is told by its URL, and nothing is written',
  async (t) => {
    const collection = await makeCollection(t);
    const feedback = await collection.write('taste.jsonl', ratings(collection));
    const embeddings = await upload(collection.embeddings, 'broken/emb');
    const train = async (answers: string, inputs: string): Promise<CliResult> => {
      const result = await runCli([
        ...['train', '--method', 'ridge', '--feedback', answers, '--embeddings', inputs],
        ...['--output-folder', collection.path('none')],
      ]);
      t.not(result.exitCode, 0);
      t.notRegex(result.stderr, /bowerbird-elsewhere/);
      t.false((await readdir(collection.folder)).includes('none'));
      return result;
    };
    t.regex(
      (await train('s3://bucket/broken/no.jsonl', embeddings)).stderr,
      /s3:\/\/bucket\/broken\/no\.jsonl: there is no such file/,
    );
    for (const pattern of ['s3://bucket/broken/*.jsonl', 's3://bucket/broken/{a,b}.jsonl'])
      t.regex((await train(pattern, embeddings)).stderr, /looks like a pattern, .* named one by one/);
    t.regex((await train(feedback, 's3://bucket/broken/no')).stderr, /s3:\/\/bucket\/broken\/no/);
    server.faults.push({
      fault: { kind: 'error', status: 404, code: 'NoSuchKey' },
      when: ({ operation, key }) => operation === 'GetObject' && key === 'broken/emb/img_emb/img_emb_1.npy',
    });
    t.regex(
      (await train(feedback, embeddings)).stderr,
      /s3:\/\/bucket\/broken\/emb\/img_emb\/img_emb_1\.npy/,
    );
    server.faults.length = 0;
    server.hold('bucket', 'broken/emb/img_emb/img_emb_1.npy', 'no array');
    t.regex(
      (await train(feedback, embeddings)).stderr,
      /s3:\/\/bucket\/broken\/emb\/img_emb\/img_emb_1\.npy/,
    );
    server.hold('bucket', 'broken/head.json', '{"format":"bowerbird-head","version":1}');
    for (const command of [
      ['models', 'check'],
      ['evaluate', '--feedback', feedback, '--embeddings', embeddings],
    ]) {
      const { exitCode, stderr } = await runCli([...command, 's3://bucket/broken/head.json']);
      t.not(exitCode, 0);
      t.regex(stderr, /s3:\/\/bucket\/broken\/head\.json/);
      t.notRegex(stderr, /bowerbird-elsewhere/);
    }
  },
);

test.serial('lookup names a table elsewhere by its URL when it cannot be read', async (t) => {
  const { store } = await buildWorld(t);
  server.hold('bucket', 'lookup/broken.parquet', 'no table');
  const { exitCode, stderr } = await runCli([
    'lookup',
    store,
    '--input',
    's3://bucket/lookup/broken.parquet',
  ]);
  t.is(exitCode, 2);
  t.regex(stderr, /s3:\/\/bucket\/lookup\/broken\.parquet.*\n\[BB_INPUT_UNREADABLE\]/);
  t.notRegex(stderr, /bowerbird-elsewhere/);
});

test.serial('the means of a merge are checked with a head elsewhere as with one here', async (t) => {
  const collection = await makeCollection(t);
  const head = (await hiddenHead(collection)).path;
  const url = await upload(head, 'buckets/hidden.json');
  for (const [i, run] of ['a', 'b'].entries()) {
    const folder = collection.path(`embeddings ${run}`);
    await makeFolder(folder, DIMENSION, [{ number: '0', values: unitRows(30 + i, 40, DIMENSION) }]);
    await ran(t, [
      ...['score', folder, '--input-format', 'embeddings', '--aesthetic-head', head],
      ...['--output-folder', collection.path(`runs/${run}`)],
    ]);
  }
  const merge = async (aesthetic: string, output: string): Promise<Record<string, unknown>> => {
    await ran(t, [
      ...['buckets', collection.path('runs/*'), '--aesthetic-head', aesthetic],
      ...['--output-folder', collection.path(output)],
    ]);
    return JSON.parse(await bytesOf(collection, `${output}/merged.json`));
  };
  const here = await merge(head, 'here');
  t.true((here['mean_check'] as number) < 1e-5);
  t.deepEqual(await merge(url, 'elsewhere'), here);
  server.hold('bucket', 'buckets/broken.json', '{}');
  const broken = await runCli([
    ...['buckets', collection.path('runs/*'), '--aesthetic-head', 's3://bucket/buckets/broken.json'],
    ...['--output-folder', collection.path('none')],
  ]);
  t.regex(broken.stderr, /s3:\/\/bucket\/buckets\/broken\.json/);
  t.notRegex(broken.stderr, /bowerbird-elsewhere/);
});
