import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { lineOfQueueItem } from '../../src/feedback/queue-items.ts';
import { type QueueOptions, USUAL_MIX } from '../../src/queue/options.ts';
import { queuePlace } from '../../src/queue/place.ts';
import { makeFolder } from '../helpers/make-folder.ts';

const ITEM = lineOfQueueItem({
  ...{ id: '0123456789abcdef', question: 'aesthetic', mode: 'keep', why: 'random' },
  sample: { hash: '1' },
});

function options(output: string, changes: Partial<QueueOptions> = {}): QueueOptions {
  return {
    ...{ output, overwrite: true, embeddings: ['scored'], feedback: [], question: 'aesthetic', mode: 'keep' },
    ...{ mix: USUAL_MIX, isMixDemanded: false, candidates: 1, heldOutShare: 0, topShare: 0.1 },
    ...{ count: 1, pool: 0, certain: 1, auditShare: 0, seed: 0 },
    ...changes,
  };
}

test('a queue takes the place of no input, not by a link either', async (t) => {
  const folder = await makeFolder(t);
  const [file, link] = ['emb.parquet', 'link.jsonl'].map((name) => join(folder, name)) as [string, string];
  await writeFile(file, 'PAR1');
  await symlink(file, link);
  for (const output of [file, link]) {
    const refused = { code: 'BB_OUTPUT_EXISTS', message: /is an input of this command/ };
    await t.throwsAsync(queuePlace(options(output, { embeddings: [file] })), refused);
  }
});

test('only a queue or an empty file is replaced by a queue, and only a ledger by its ledger', async (t) => {
  const folder = await makeFolder(t);
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const refused = { code: 'BB_OUTPUT_EXISTS', message: /its first line is no item of a queue/ };
  for (const content of [Buffer.of(0xff, 0xd8, 0xff), '{"v":1,"mode":"pair"}\n', '\nx', `x\n${ITEM}\n`]) {
    const path = await write('other', content);
    await t.throwsAsync(queuePlace(options(path)), refused);
    t.deepEqual(await readFile(path), Buffer.from(content));
  }
  for (const content of ['', ITEM, `${ITEM}\r\n`, `${ITEM}\nx`])
    await t.notThrowsAsync(queuePlace(options(await write('queue.jsonl', content))));
  await write('queue.asked.jsonl', 'notes of mine');
  await t.throwsAsync(queuePlace(options(join(folder, 'queue.jsonl'))), refused);
});

test('no queue is written into the output of another command', async (t) => {
  const run = await makeFolder(t);
  await writeFile(join(run, 'run.json'), '{}');
  await mkdir(join(run, 'img_emb'));
  for (const name of ['embeddings', 'queue.jsonl'])
    await t.throwsAsync(queuePlace(options(join(run, name))), {
      code: 'BB_OUTPUT_FOLDER',
      message: /is a run, and a queue was to be written there. Choose another --output\./,
    });
  await t.throwsAsync(queuePlace(options(join(run, 'img_emb/img_emb_00000.npy'))), {
    code: 'BB_OUTPUT_EXISTS',
  });
});
