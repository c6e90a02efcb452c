import type { QueueOptions } from '../queue/options.ts';
import type { Command, Invocation } from './command.ts';
import { embeddingsHere, filesHere, headHere } from './inputs-here.ts';
import { endWithout, withInterrupt } from './interrupt.ts';
import { QUEUE_FLAGS, queueOptions } from './queue-flags.ts';
import { describeQueue, queueJson } from './queue-view.ts';
import { trainProgress } from './train-progress.ts';

/** `bowerbird queue` */
export const QUEUE: Command = {
  flags: QUEUE_FLAGS,
  examples: [
    ['queue --embeddings scored --output queue.jsonl', 'Pairs by chance, to begin with'],
    [
      'queue --embeddings scored --feedback taste.jsonl --head taste/head.safetensors --output queue.jsonl --incremental-mode overwrite',
      'What the head does not know yet',
    ],
  ],
  docs: 'docs/queue.md',
  remoteInputs: ['feedback', 'embeddings', 'head'],
  run: queueCommand,
};

/** @throws BowerbirdError as `makeQueue`, BB_USAGE */
async function queueCommand({ values }: Invocation): Promise<number> {
  const given = queueOptions(values);
  const [{ makeQueue }, { queuePlace }] = await Promise.all([
    import('../queue/make-queue.ts'),
    import('../queue/place.ts'),
  ]);
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const progress = trainProgress();
        // Nothing is fetched for what cannot be written.
        await queuePlace(given);
        const options = await withInputsHere(given, progress.note);
        const result = await makeQueue(options, { signal, ...progress });
        process.stdout.write(values['json'] === true ? queueJson(result) : describeQueue(result));
        return 0;
      } catch (thrown) {
        return endWithout(given.output, signal, thrown);
      }
    },
  );
}

/** The same options with paths of what lies elsewhere. @throws as `embeddingsHere` */
async function withInputsHere(options: QueueOptions, onNote: (note: string) => void): Promise<QueueOptions> {
  const { feedback, embeddings, head } = options;
  return {
    ...options,
    feedback: await filesHere(feedback, onNote),
    embeddings: await embeddingsHere(embeddings, onNote),
    head: head === undefined ? undefined : await headHere(head, onNote),
  };
}
