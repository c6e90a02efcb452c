// A scoring thread: blocks of stored embeddings in, scores and sums out.
import { closeSync, openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import { TableError } from '../tables/errors.ts';
import { type Block, type BlockResult, BlockScorer } from './block-scorer.ts';
import { loadPinnedHeads } from './head-set.ts';
import { ScoringStop, STOP } from './scoring-stop.ts';
import type { ScoringAnswer, ThreadSettings } from './scoring-threads.ts';

const { pins, stop: stopMemory, ...options } = workerData as ThreadSettings;
const stop = new ScoringStop(stopMemory);
const heads = await loadPinnedHeads(pins);
const scorers = new Map<string, BlockScorer>();
let openPath: string | undefined;
let openFile = -1;

function scorerFor({ layout }: Block): BlockScorer {
  const key = `${layout.type} ${layout.dimension}`;
  const scorer = scorers.get(key) ?? new BlockScorer(layout, { heads, ...options });
  scorers.set(key, scorer);
  return scorer;
}

/** Blocks of one file come one after the other, so the last file stays open. */
function fileOf(path: string): number {
  if (path === openPath) return openFile;
  if (openPath !== undefined) closeSync(openFile);
  openPath = undefined;
  try {
    openFile = openSync(path, 'r');
  } catch (cause) {
    throw new TableError('BB_SHARD_READ', `Reading ${path} failed: ${messageOf(cause)}.`, {
      cause,
      fields: { path, reason: codeOf(cause) ?? null },
    });
  }
  openPath = path;
  return openFile;
}

/** undefined where the threads are stopped meanwhile: nobody waits for an answer then. */
async function answer(block: Block): Promise<ScoringAnswer | undefined> {
  try {
    const scorer = scorerFor(block);
    const file = fileOf(block.path);
    const result = await stop.during(() => scorer.score(file, block, stop));
    return result && { kind: 'scored', result };
  } catch (thrown) {
    if (!(thrown instanceof BowerbirdError)) throw thrown;
    return { kind: 'failed', code: thrown.code, message: thrown.message, fields: thrown.fields };
  }
}

function buffersOf({ scores, states, counts, scoreSums, embeddingSums }: BlockResult): ArrayBuffer[] {
  return [...scores, states, counts, scoreSums, ...embeddingSums].map(({ buffer }) => buffer as ArrayBuffer);
}

async function work(block: Block): Promise<void> {
  const message = await answer(block);
  if (message) parentPort!.postMessage(message, message.kind === 'scored' ? buffersOf(message.result) : []);
}

let working: Promise<void> = Promise.resolve();

parentPort!.on('message', (block: Block | typeof STOP) => {
  if (block !== STOP) {
    working = work(block);
    return;
  }
  const close = (): void => parentPort!.close();
  working.then(close, close);
});
