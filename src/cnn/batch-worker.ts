// A thread that makes batches while a step runs.
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../base/errors.ts';
import type { BatchMessage } from './batch-thread.ts';
import { BatchMaker, type BatchOptions, type BatchPlace } from './batches.ts';

const maker = new BatchMaker(workerData as BatchOptions);

parentPort!.on('message', (place: BatchPlace) => {
  let message: BatchMessage;
  try {
    message = { batch: maker.make(place) };
  } catch (thrown) {
    parentPort!.postMessage({ problem: messageOf(thrown) } satisfies BatchMessage);
    return;
  }
  const { pixels, targets, weights, kept } = message.batch;
  parentPort!.postMessage(message, [
    pixels.buffer,
    targets.buffer,
    weights.buffer,
    kept.buffer,
  ] as ArrayBuffer[]);
});
