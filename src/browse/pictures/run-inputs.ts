import { existsSync } from 'node:fs';
import { unread } from '../../pictures/failures.ts';
import type { Picture } from '../../pictures/picture.ts';
import type { SampleFailure } from '../../samples/reasons.ts';
import { cutShards } from '../../shards/cut-shards.ts';
import type { ShardSpec } from '../../shards/plan.ts';
import { isRemote } from '../../storage/storage.ts';
import { isPictureFormat } from '../../tables/formats.ts';
import type { PictureRun } from '../collection.ts';
import { openArchive } from './archive-input.ts';
import { openColumn } from './column-input.ts';
import { openFolder } from './folder-input.ts';
import type { InputPictures, InputTools } from './input-pictures.ts';
import type { PicturePlace, RunRow } from './picture-place.ts';

/** What was found of the images that a run was made from. */
export interface FoundInputs {
  /** Undefined where the run's inputs were lists of URLs, or nothing is left of them. */
  readonly place: PicturePlace | undefined;
  readonly notes: readonly string[];
}

/** Opens the images that a run was made from, where they lie on this machine and its record says which is whose. */
export function openInputs({ record, path }: PictureRun, tools: InputTools): FoundInputs {
  if (!record.inputs.some(({ format }) => isPictureFormat(format))) return { place: undefined, notes: [] };
  const samplesPerShard = record.settings['number_sample_per_shard'];
  const shards = cutShards(
    record.inputs.map(({ rows }) => ({ rowCount: rows })),
    typeof samplesPerShard === 'number' ? samplesPerShard : Number.POSITIVE_INFINITY,
  );
  if (shards.length !== record.shards) {
    const note = `Which image belongs to which row cannot be told from ${path}: its shards are not those of its inputs.`;
    return { place: undefined, notes: [note] };
  }
  const absent = record.inputs
    .map((input) => input.path)
    .filter((input) => isRemote(input) || !existsSync(input));
  const hasAny = absent.length < record.inputs.length;
  return {
    place: hasAny ? new RunInputs({ record, path }, shards, tools) : undefined,
    notes: (hasAny ? absent : absent.slice(0, 1)).map(noteOn),
  };
}

function noteOn(input: string): string {
  if (isRemote(input)) return `The images at ${input} are not fetched for a page.`;
  return `The images at ${input} are gone.`;
}

/** The inputs of a run, each opened when its first picture is asked for. */
class RunInputs implements PicturePlace {
  readonly origin = 'input';
  readonly #run: PictureRun;
  readonly #shards: readonly ShardSpec[];
  readonly #tools: InputTools;
  readonly #opened = new Map<number, Promise<InputPictures>>();

  constructor(run: PictureRun, shards: readonly ShardSpec[], tools: InputTools) {
    this.#run = run;
    this.#shards = shards;
    this.#tools = tools;
  }

  has(shardId: number, index: number, hasFailed: boolean): boolean {
    const spec = this.#shards[shardId];
    return !hasFailed && spec !== undefined && index < spec.rowCount;
  }

  async read(row: RunRow): Promise<Picture | SampleFailure> {
    const spec = this.#shards[row.shardId];
    if (!spec) return unread('image_missing');
    try {
      const input = await this.#open(spec.inputIndex);
      return await input.read(spec.firstRow + row.index, row);
    } catch {
      return unread('file_unreadable');
    }
  }

  async close(): Promise<void> {
    for (const opened of this.#opened.values()) await (await opened.catch(() => undefined))?.close();
  }

  #open(inputIndex: number): Promise<InputPictures> {
    const opened = this.#opened.get(inputIndex) ?? openInput(this.#run, inputIndex, this.#tools);
    this.#opened.set(inputIndex, opened);
    return opened;
  }
}

async function openInput(
  { record }: PictureRun,
  inputIndex: number,
  tools: InputTools,
): Promise<InputPictures> {
  const input = record.inputs[inputIndex]!;
  if (input.format === 'images') return openFolder(input.path, tools);
  if (input.format === 'webdataset') return openArchive(input, tools);
  return openColumn(input.path, record.columns['image'], tools);
}
