import { closestMatch } from 'leven';
import type { FlagTable } from './flags.ts';

/** A command by its words (`store build`) with its flags. */
export interface NamedFlags {
  readonly name: string;
  readonly flags: FlagTable;
}

/**
 * Flags of img2dataset, clip-retrieval and earlier versions that do not exist here, with what does their job. Names after
 * https://github.com/rom1504/img2dataset (README, "API") and https://github.com/rom1504/clip-retrieval ("clip inference").
 */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'upscale-interpolation': 'saved images are resized by libvips (docs/saved-images.md)',
  'downscale-interpolation': 'saved images are resized by libvips (docs/saved-images.md)',
  'bbox-col': 'whole images are scored',
  'enable-wandb': 'stats/*.json and report.html hold the numbers',
  'wandb-project': 'stats/*.json and report.html hold the numbers',
  'oom-shard-count': 'key and shard names have five digits or more, as needed',
  distributor: 'one process does a run; give each machine its own shards and merge by `bowerbird buckets`',
  'subjob-size': 'one process does a run; give each machine its own shards and merge by `bowerbird buckets`',
  'max-shard-retry': 'a failed shard is done again by the same command; --retry-failed takes up failed rows',
  'input-dataset':
    'inputs are the arguments of the command; stored embeddings go with --input-format embeddings',
  'num-prepro-workers': '--processes-count says how many processes decode',
  'write-batch-size': '--number-sample-per-shard says how many rows go into one file',
  'enable-text': 'texts are not embedded',
  'enable-image': 'images are always embedded; --save-embeddings stores the embeddings',
  'enable-metadata': '--save-embeddings stores metadata beside the embeddings',
  'cache-path': 'nothing is downloaded but the images',
  'use-jit': 'encoders are ONNX files (docs/encoders.md)',
  'use-mclip': 'texts are not embedded',
  'mclip-model': 'texts are not embedded',
  'memory-limit-mb': 'its name is --memory-mb',
  overwrite: 'say --incremental-mode overwrite',
};

/** A slip of the keyboard changes a letter or two; more of a long name. */
function nearest(name: string, candidates: readonly string[]): string | undefined {
  return closestMatch(name, candidates, { maxDistance: Math.max(2, Math.floor(name.length / 4)) });
}

/** What to say of a flag that `command` does not have: what was meant, what does its job, or which command has it. */
export function unknownFlag(name: string, command: NamedFlags, all: readonly NamedFlags[]): string {
  const what = `${command.name} has no flag --${name}`;
  // A name that is known elsewhere is no slip, however near it comes to one of ours.
  const instead = ELSEWHERE[name];
  if (instead) return `${what}: ${instead}.`;
  const meant = nearest(name, Object.keys(command.flags));
  if (meant) return `${what}. Did you mean --${meant}?`;
  const owners = all.filter(({ flags }) => name in flags).map((other) => `\`bowerbird ${other.name}\``);
  if (owners.length > 0) return `${what}; it is one of ${owners.join(', ')}.`;
  return `${what}.`;
}
