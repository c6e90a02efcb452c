// A training thread: numbers of members in, trained members out.
import { parentPort, workerData } from 'node:worker_threads';
import type { MemberMessage, MemberSettings } from './ensemble.ts';
import { KernelOperations } from './kernel-operations.ts';
import { trainMember } from './member.ts';

const { course, options, stop } = workerData as MemberSettings;
const tell = (message: MemberMessage): void => parentPort!.postMessage(message);

parentPort!.on('message', (member: number) => {
  const trained = trainMember(course, options, member, {
    makeOperations: (lengths) => new KernelOperations(lengths),
    onLook: (evaluation) => {
      tell({ kind: 'look', member, evaluation });
      return Atomics.load(stop, 0) === 0;
    },
  });
  tell({ kind: 'trained', member, trained });
});
