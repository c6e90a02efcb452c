import { isQuestion } from '../feedback/check.ts';
import type { AskedMode } from '../feedback/queue-items.ts';
import { type QueueOptions, USUAL_MIX } from '../queue/options.ts';
import type { Command, Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { endWithout, withInterrupt } from './interrupt.ts';
import { QUEUE_FLAGS } from './queue-flags.ts';
import { parseMix } from './queue-mix.ts';
import { describeQueue, queueJson } from './queue-view.ts';
import { trainProgress } from './train-progress.ts';

/** `bowerbird queue` */
export const QUEUE: Command = {
  usage: 'queue',
  describe: 'Choose what to ask a person next: what a head learns most from, by chance, and again',
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

/** @throws BowerbirdError BB_USAGE where flags do not go together */
function queueOptions(values: FlagValues): QueueOptions {
  const mode = values['mode'] as AskedMode;
  const mix = values['mix'] as string | undefined;
  if (!isQuestion(values['question']))
    throw usageError('--question needs a small letter, then small letters, digits, _ and -.');
  return {
    mode,
    question: values['question'] as string,
    count: values['count'] as number,
    feedback: (values['feedback'] as string[] | undefined) ?? [],
    embeddings: values['embeddings'] as string[],
    embeddingColumn: values['embedding-col'] as string | undefined,
    hashColumn: values['hash-col'] as string | undefined,
    pool: values['pool'] as number,
    output: values['output'] as string,
    overwrite: values['incremental-mode'] === 'overwrite',
    head: values['head'] as string | undefined,
    certain: values['certain'] as number,
    auditShare: values['audit-share'] as number,
    mix: mix === undefined ? USUAL_MIX : parseMix(mix),
    isMixDemanded: mix !== undefined,
    candidates: values['candidates'] as number,
    heldOutShare: values['held-out-share'] as number,
    topShare: values['top-share'] as number,
    threshold: values['threshold'] as number | undefined,
    seed: values['seed'] as number,
  };
}
