// A training thread: numbers of members in, trained members out.
import { parentPort, workerData } from 'node:worker_threads';
import { BowerbirdError } from '../base/errors.ts';
import { writeCheckpoint } from './checkpoints.ts';
import type { MemberMessage, MemberSettings } from './ensemble.ts';
import { KernelOperations } from './kernel-operations.ts';
import { type TrainedMember, trainMember } from './member.ts';

const { course, options, stop, checkpoints } = workerData as MemberSettings;
const tell = (message: MemberMessage): void => parentPort!.postMessage(message);

function train(member: number): Promise<TrainedMember> {
  return trainMember(course, options, member, {
    makeOperations: (lengths) => new KernelOperations(lengths),
    onLook: async (evaluation, weights) => {
      if (checkpoints)
        await writeCheckpoint(checkpoints, { member, step: evaluation.step, weights: weights() });
      tell({ kind: 'look', member, evaluation });
      return Atomics.load(stop, 0) === 0;
    },
  });
}

parentPort!.on('message', async (member: number) => {
  try {
    tell({ kind: 'trained', member, trained: await train(member) });
  } catch (thrown) {
    if (!(thrown instanceof BowerbirdError)) throw thrown;
    const { code, message, fields } = thrown;
    tell({ kind: 'failed', code, message, fields });
  }
});
