import { Worker } from 'node:worker_threads';
import { BowerbirdError, type ErrorCode, type ErrorFields } from '../base/errors.ts';
import type { CheckpointPlace } from './checkpoints.ts';
import type { Course, Evaluation, MemberOptions, TrainedMember } from './member.ts';

/** What a thread is started with. */
export interface MemberSettings {
  readonly course: Course;
  readonly options: MemberOptions;
  /** int32[1] that all threads see: not 0 where training is to end at the next look. */
  readonly stop: Int32Array;
  /** Where members are written as they are at each look, where that is wanted. */
  readonly checkpoints?: CheckpointPlace | undefined;
}

/** What a thread tells of the member that it was given. */
export type MemberMessage =
  | { readonly kind: 'look'; readonly member: number; readonly evaluation: Evaluation }
  | { readonly kind: 'trained'; readonly member: number; readonly trained: TrainedMember }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly fields: ErrorFields;
    };

/** How an ensemble is trained. */
export interface EnsembleRun {
  readonly members: number;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly checkpoints?: CheckpointPlace | undefined;
  /** Called at each look at a member. */
  readonly onLook?: (member: number, evaluation: Evaluation) => void;
}

const script = new URL('./member-worker.js', import.meta.url);

/** The same values where all threads see them. */
export function shared(values: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

/**
 * Trains members on threads, each by itself: the result is the same whatever the number of threads.
 *
 * @param course its rows in shared memory
 * @returns the members in their order. When the signal aborts, those that had made steps, each at its best so far; where none
 *   had, the first as it began
 * @throws BowerbirdError as `writeCheckpoint`
 */
export async function trainEnsemble(
  course: Course,
  options: MemberOptions,
  { members, threads, signal, checkpoints, onLook }: EnsembleRun,
): Promise<TrainedMember[]> {
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const abort = (): void => {
    Atomics.store(stop, 0, 1);
  };
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const trained: TrainedMember[] = [];
  let next = 0;
  try {
    const count = Math.min(threads, members);
    await Promise.all(
      Array.from({ length: count }, () =>
        onThread({ course, options, stop, checkpoints }, (worker, settle, fail) => {
          const give = (): void => {
            if (next < members && (next === 0 || Atomics.load(stop, 0) === 0)) worker.postMessage(next++);
            else settle();
          };
          worker.on('message', (message: MemberMessage) => {
            if (message.kind === 'look') {
              onLook?.(message.member, message.evaluation);
              return;
            }
            if (message.kind === 'failed') {
              fail(new BowerbirdError(message.code, message.message, { fields: message.fields }));
              return;
            }
            trained[message.member] = message.trained;
            give();
          });
          give();
        }),
      ),
    );
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  const stepped = trained.filter(({ curve }) => curve.length > 1);
  return stepped.length > 0 ? stepped : trained.slice(0, 1);
}

/** Runs a thread until it is settled; rejects where it cannot go on. */
async function onThread(
  settings: MemberSettings,
  work: (worker: Worker, settle: () => void, fail: (error: BowerbirdError) => void) => void,
): Promise<void> {
  const worker = new Worker(script, { workerData: settings });
  try {
    await new Promise<void>((resolve, reject) => {
      worker.on('error', reject);
      work(worker, resolve, reject);
    });
  } finally {
    await worker.terminate();
  }
}
