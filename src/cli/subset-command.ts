import type { SliceOf } from '../base/slices/slice.ts';
import type { Unchecked } from '../report/report-data.ts';
import { describeUnchecked } from '../report/wording.ts';
import { PROBABILITY_TAGS } from '../samples/tags.ts';
import type { SubsetProgress } from '../subset/database.ts';
import type { SubsetOptions } from '../subset/options.ts';
import type { SubsetListeners, SubsetResult } from '../subset/subset.ts';
import type { SubsetPart, SubsetSummary } from '../subset/summary.ts';
import type { ColumnChoice } from '../tables/parts.ts';
import { type Command, commandLine, type Invocation, pathsOf } from './command.ts';
import { counted } from './counted.ts';
import { usageError } from './flags.ts';
import { img2datasetCommand } from './img2dataset.ts';
import { withInterrupt } from './interrupt.ts';
import { partLines } from './parts-view.ts';
import { type PlaceOptions, SLICE_PLACE, shownPlace, withPlace } from './stored-place.ts';
import { slicesHere } from './stored-slices.ts';
import { SUBSET_FLAGS, subsetOptions } from './subset-flags.ts';
import { workPart } from './work-slices.ts';

const PROGRESS_EVERY_MS = 2000;
const MB = 1e6;
const PLACE = { flag: '--output-folder', onWait: note };

/** `bowerbird subset` */
export const SUBSET: Command = {
  flags: SUBSET_FLAGS,
  examples: [
    ['subset --metadata out --min-aesthetic 7 --output-folder best', 'What a run scored above 7'],
    [
      'subset --metadata laion2B-en --tags aesthetic-tags --cut 7,8 --output-folder out',
      'laion-aesthetic and laion-art in one scan',
    ],
  ],
  docs: 'docs/subset.md',
  storedRuns: ['output-folder'],
  remoteInputs: ['metadata', 'tags', 'inputs', 'merge'],
  extend: (parser) =>
    parser.positional('inputs', { type: 'string', array: true, describe: 'The same as --metadata' }),
  run: subsetCommand,
};

/** Runs `subset` with its progress on stderr and its books on stdout; gives the exit code. */
async function subsetCommand(invocation: Invocation): Promise<number> {
  const { values, args } = invocation;
  const {
    slice,
    merge: slices,
    inputs: metadata,
  } = workPart(values, pathsOf(invocation, 'metadata', 'inputs'));
  const unique = [...new Set(metadata)];
  if (unique.length === 0) throw usageError('subset needs --metadata: Parquet with URLs, or a run folder.');
  if (!values['output-folder']) throw usageError('subset needs --output-folder: the folder to write.');
  if ((slice || slices) && values['skip-bad-files'] === true)
    throw usageError(
      '--skip-bad-files does not go with slices: one that leaves out a file is of other work than the rest. Leave such files out of the inputs.',
    );
  const options = { ...subsetOptions(values, unique, commandLine(args)), slices };
  const json = values['json'] === true;
  try {
    const text = await withInterrupt(
      () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
      (signal) => {
        const listeners = { signal, onProgress: showProgress(), onNote: note };
        return slice
          ? judgedSlice({ ...options, slice }, json, listeners)
          : madeSubset(options, json, listeners);
      },
    );
    process.stdout.write(text);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof DOMException && thrown.name === 'AbortError')) throw thrown;
    process.stderr.write('Interrupted. Nothing was published.\n');
    return 130;
  }
}

/** Makes the subset; gives what to print. */
async function madeSubset(
  options: SubsetOptions,
  json: boolean,
  listeners: SubsetListeners,
): Promise<string> {
  const { runSubset } = await import('../subset/subset.ts');
  const { filesOfSubset, refuseExisting, SUBSET_FILE } = await import('../subset/output-folder.ts');
  const { slices, outputFolder, overwrite } = options;
  const place = {
    ...{ ...PLACE, marker: SUBSET_FILE, kind: 'a subset', signal: listeners.signal },
    refuse: (present, at) => {
      if (present !== 'nothing') refuseExisting(at, present === 'own', overwrite);
    },
    filesOf: filesOfSubset,
  } satisfies PlaceOptions;
  const result = await withPlace(outputFolder, place, async (folder) =>
    runSubset(
      { ...options, ...published(outputFolder, folder), slices: slices && (await slicesHere(slices)) },
      listeners,
    ),
  );
  return json
    ? `${JSON.stringify(result.summary)}\n`
    : describe({ ...result, outputFolder: shownPlace(outputFolder, result.outputFolder) }, options);
}

/** Judges one slice, for a merge; gives what to print. */
async function judgedSlice(
  options: SubsetOptions & { readonly slice: SliceOf },
  json: boolean,
  listeners: SubsetListeners,
): Promise<string> {
  const { judgeSlice } = await import('../subset/slice.ts');
  const { outputFolder } = options;
  const place: PlaceOptions = { ...PLACE, ...SLICE_PLACE, signal: listeners.signal };
  const judged = await withPlace(outputFolder, place, (folder) =>
    judgeSlice({ ...options, ...published(outputFolder, folder) }, listeners),
  );
  const { inputRows, judgedRows, chosenRows } = judged;
  const folder = shownPlace(outputFolder, judged.folder);
  const slice = `${options.slice.index}/${options.slice.count}`;
  return json
    ? `${JSON.stringify({ slice, input_rows: inputRows, judged_rows: judgedRows, chosen_rows: chosenRows, output_folder: folder })}\n`
    : `Slice ${slice}: ${judgedRows} of ${inputRows} rows judged, ${chosenRows} chosen by some rule -> ${folder}\n`;
}

/** Where the work goes, and where that is brought to where it is elsewhere. */
function published(outputFolder: string, folder: string) {
  return folder === outputFolder
    ? {}
    : { outputFolder: folder, publishedAt: outputFolder.replace(/\/+$/, '') };
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function showProgress(): (progress: SubsetProgress) => void {
  let shownAtMs = Date.now();
  return ({ phase, percent, spilledBytes }) => {
    if (Date.now() - shownAtMs < PROGRESS_EVERY_MS) return;
    shownAtMs = Date.now();
    const share = percent === undefined ? '' : `  ${percent.toFixed(0)}%`;
    const spill = spilledBytes === 0 ? '' : `  (${(spilledBytes / MB).toFixed(0)} MB spilled)`;
    note(`${phase}${share}${spill}`);
  };
}

function describe({ summary, outputFolder, peakSpillBytes }: SubsetResult, choice: ColumnChoice): string {
  const lines: string[] = [];
  const duplicates = summary.metadata.duplicates;
  lines.push(
    `metadata    ${counted(summary.metadata.rows, 'row')} in ${counted(summary.metadata.files.length, 'file')}` +
      (duplicates
        ? `; ${duplicates.hashes} hashes are there more than once (${duplicates.rows} rows more)`
        : ''),
  );
  for (const table of summary.tags) {
    lines.push(
      `tags        ${table.scores.join(', ')}: ${counted(table.rows, 'row')} in ${counted(table.files.length, 'file')}; ` +
        `${table.duplicates.hashes} hashes more than once (${table.duplicates.rows} rows passed over); ` +
        `${table.rowsWithoutTag} rows of the metadata found none`,
    );
  }
  const parts = [
    partLines(summary.metadata.parts, 'metadata'),
    partLines(
      summary.tags.flatMap((table) => table.parts),
      'tags',
    ),
  ].filter((text) => text !== '');
  if (parts.length > 0) lines.push('', ...parts);
  if (summary.skippedFiles.length > 0)
    lines.push(`left out    ${counted(summary.skippedFiles.length, 'file')}`);
  for (const part of summary.subsets) {
    lines.push('', `${part.name}  ->  ${folderOf(outputFolder, part.folder)}`);
    lines.push(...describePart(part, summary.settings));
  }
  const first = summary.subsets.find(({ kept }) => kept > 0);
  const command = first && img2datasetCommand(folderOf(outputFolder, first.folder), summary.columns, choice);
  if (command) lines.push('', 'Next: the images, as a webdataset', `  ${command}`);
  if (peakSpillBytes >= MB / 2) lines.push('', `spilled     ${(peakSpillBytes / MB).toFixed(0)} MB at most`);
  return `${lines.join('\n')}\n`;
}

function describePart(part: SubsetPart, settings: SubsetSummary['settings']): string[] {
  const { kept, input, files, droppedBy, keptWithoutTag } = part;
  const dropped = Object.entries(droppedBy).filter(([, rows]) => rows > 0);
  const sum = dropped.reduce((total, [, rows]) => total + rows, kept);
  const unchecked = PROBABILITY_TAGS.map((tag): Unchecked => {
    const hasRule = settings[tag === 'punsafe' ? 'maxPunsafe' : 'maxPwatermark'] !== null;
    return { tag, rows: hasRule ? keptWithoutTag[tag] : kept, hasRule, hasSource: true };
  }).filter(({ rows }) => rows > 0);
  return [
    ...dropped.map(([rule, rows]) => `  dropped by ${rule.padEnd(20)} ${rows}`),
    `  kept                            ${keptText(kept, counted(files.length, 'file'))}`,
    `  sum                             ${sum} of ${input}`,
    ...(keptWithoutTag.aesthetic > 0
      ? [`  kept without aesthetic          ${keptWithoutTag.aesthetic}`]
      : []),
    ...(part.keptWithoutKey
      ? [`  kept without ${String(settings['dedup']).split(':')[0]!.padEnd(18)} ${part.keptWithoutKey}`]
      : []),
    ...unchecked.map((tag) => `  ${describeUnchecked(tag, kept)}`),
  ];
}

function keptText(kept: number, files: string): string {
  return kept === 0 ? `none; ${files} without rows` : `${kept} in ${files}`;
}

function folderOf(outputFolder: string, folder: string): string {
  return folder === '.' ? outputFolder : `${outputFolder}/${folder}`;
}
