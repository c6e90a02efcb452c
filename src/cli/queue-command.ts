import type { Command, Invocation } from './command.ts';
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
  run: queueCommand,
};

/** @throws BowerbirdError as `makeQueue`, BB_USAGE */
async function queueCommand({ values }: Invocation): Promise<number> {
  const options = queueOptions(values);
  const { makeQueue } = await import('../queue/make-queue.ts');
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const result = await makeQueue(options, { signal, ...trainProgress() });
        process.stdout.write(values['json'] === true ? queueJson(result) : describeQueue(result));
        return 0;
      } catch (thrown) {
        return endWithout(options.output, signal, thrown);
      }
    },
  );
}
