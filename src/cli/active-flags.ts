import type { AskedMode } from '../feedback/queue-items.ts';
import type { RateOptions } from '../rate/options.ts';
import { ACTIVE_METHODS, type ActiveOptions } from './active-queue.ts';
import { checkValues, type FlagTable, type FlagValues, usageError } from './flags.ts';
import { TRAIN_FLAGS } from './train-flags.ts';
import { refuseFlagsOfOthers } from './train-methods.ts';

/** The flags of `rate` that make it ask what a head does not know yet. */
export const ACTIVE_FLAGS: FlagTable = {
  active: {
    group: 'Active:',
    type: 'integer',
    min: 1,
    describe: 'After so many answers, train a head and make the queue anew in the background (docs/queue.md)',
  },
  embeddings: {
    group: 'Active:',
    type: 'list',
    describe: 'Embeddings of the pictures, where they do not lie in the source',
  },
  'head-options': {
    group: 'Active:',
    type: 'list',
    describe: 'Flags of `train` for these heads: members=8,hidden=64',
  },
};

/** Linear members, which some hundred answers are enough for. */
const USUAL_HEAD = ['--hidden', '0'];
/** What `rate` says itself. */
const OWN_GROUPS: readonly string[] = ['What:', 'Embeddings:', 'Output:'];

/** The queue of `rate --active`; undefined without that flag. @throws BowerbirdError BB_USAGE */
export function activeOptions(
  values: FlagValues,
  { source, feedback, question, mode, queue }: RateOptions,
): ActiveOptions | undefined {
  const every = values['active'] as number | undefined;
  const headOptions = values['head-options'] as string[] | undefined;
  const embeddings = values['embeddings'] as string[] | undefined;
  if (every === undefined) {
    if (headOptions !== undefined || embeddings !== undefined)
      throw usageError('--embeddings and --head-options are of --active. Give it too, or leave them out.');
    return undefined;
  }
  return {
    ...{ every, feedback, question, mode, embeddings: embeddings ?? [source] },
    queue: queue ?? activeQueuePath(feedback),
    headFolder: `${withoutEnding(feedback)}.head`,
    headOptions:
      headOptions === undefined ? (mode === 'keep' ? [] : USUAL_HEAD) : trainFlags(headOptions, mode),
  };
}

/** Where the queue of `rate --active` lies that names none: beside the answers. */
export function activeQueuePath(feedback: string): string {
  return `${withoutEnding(feedback)}.queue.jsonl`;
}

function withoutEnding(path: string): string {
  return path.replace(/\.jsonl$/, '');
}

/** Flags as `name=value`, held against those of `train` before anything begins. @throws BowerbirdError BB_USAGE */
function trainFlags(parts: readonly string[], mode: AskedMode): string[] {
  const given = parts.map((part) => {
    const [, name, value] = /^(?:--)?([a-z-]+)=(.+)$/.exec(part) ?? [];
    const flag = name !== undefined && Object.hasOwn(TRAIN_FLAGS, name) ? TRAIN_FLAGS[name] : undefined;
    if (flag && !OWN_GROUPS.includes(flag.group)) return [name!, value!] as const;
    throw usageError(
      `--head-options takes flags of train that say how a head learns, as members=8,hidden=64; "${part}" is none.`,
    );
  });
  refuseFlagsOfOthers(checkValues(TRAIN_FLAGS, Object.fromEntries(given)), ACTIVE_METHODS[mode]);
  return given.flatMap(([name, value]) => [`--${name}`, value]);
}
