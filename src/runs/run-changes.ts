import { BowerbirdError } from '../base/errors.ts';
import { headIdentities } from './head-record.ts';
import type { RecordedInput, RunRecord } from './run-record.ts';

/**
 * The record that a run goes on with.
 *
 * @param extend whether inputs may be added: `--incremental-mode extend`
 * @throws BowerbirdError BB_RUN_CHANGED naming what differs from the existing run
 */
export function goOnFrom(existing: RunRecord | undefined, present: RunRecord, extend: boolean): RunRecord {
  if (!existing) return present;
  if (!extend) return continueRun(existing, present);
  checkExtension(existing, present);
  return continueRun({ ...existing, inputs: present.inputs }, present);
}

/**
 * The inputs of the existing run first, in their order, so that their shards stay theirs; the others after them, as they
 * are given.
 *
 * @param pathOf the path that the run's record has of an input
 */
export function keepPlaces<Input>(
  inputs: readonly Input[],
  existing: Pick<RunRecord, 'inputs'>,
  pathOf: (input: Input) => string,
): Input[] {
  const places = new Map(existing.inputs.map(({ path }, place) => [path, place]));
  const placeOf = (input: Input): number => places.get(pathOf(input)) ?? places.size;
  return [...inputs].sort((a, b) => placeOf(a) - placeOf(b));
}

/**
 * Continues an existing record with the present one's session. Thresholds may differ: they are no part of what was
 * measured, and finished shards are judged anew.
 *
 * @throws BowerbirdError BB_RUN_CHANGED naming every setting, input, encoder or head that differs
 */
function continueRun(existing: RunRecord, present: RunRecord): RunRecord {
  const differences = listDifferences(existing, present);
  if (differences.length > 0) {
    throw new BowerbirdError(
      'BB_RUN_CHANGED',
      `This run folder was made with other inputs or settings:\n${differences.map((line) => `  - ${line}`).join('\n')}\n` +
        'Repeat the command with the old ones, choose another --output-folder, add new inputs with ' +
        '--incremental-mode extend, or start over with --incremental-mode overwrite.',
      { fields: { differences } },
    );
  }
  return {
    ...present,
    settings: { ...present.settings, ...loosened(existing.settings, present.settings) },
    sessions: [...sessionsOf(existing), ...present.sessions],
  };
}

/** The record's own version is of its latest start, and will be of another: it goes to where it stays. */
function sessionsOf({ sessions, bowerbird_version }: RunRecord): RunRecord['sessions'] {
  const last = sessions.at(-1);
  return last ? [...sessions.slice(0, -1), { bowerbird_version, ...last }] : sessions;
}

/** Which hosts may be asked decides which rows fail, as a timeout does: `--retry-failed` takes those up. */
const MAY_CHANGE = ['allow_private_addresses', 'tls_insecure'];

/** What was once allowed stays on record: images of that time are in the run. */
function loosened(old: RunRecord['settings'], now: RunRecord['settings']): RunRecord['settings'] {
  const names = MAY_CHANGE.filter((name) => name in now && old[name] === true);
  return Object.fromEntries(names.map((name) => [name, true]));
}

type Table = Readonly<Record<string, unknown>>;

/** What of a run's record decides the bytes of its shards, beside its inputs, its thresholds and bowerbird's version. */
export interface Binding {
  readonly settings: Table;
  readonly columns: Table;
  readonly encoder: Table;
  readonly heads: Table;
}

/** Two records whose bindings are the same may go on with each other's shards. */
export function bindingOf({ settings, columns, encoder, heads }: RunRecord): Binding {
  const kept = Object.entries(settings).filter(([name]) => !MAY_CHANGE.includes(name));
  return {
    settings: Object.fromEntries(kept),
    columns,
    encoder: { ...encoder },
    heads: headIdentities(heads),
  };
}

function listDifferences(old: RunRecord, now: RunRecord): string[] {
  const [before, after] = [bindingOf(old), bindingOf(now)];
  return [
    ...compareTables(before.settings, after.settings, (name) => `--${name.replaceAll('_', '-')}`),
    ...compareThresholds(old, now),
    ...compareInputs(old.inputs, now.inputs),
    ...compareTables(before.columns, after.columns, (name) => `the ${name} column`),
    ...compareTables(before.encoder, after.encoder, (name) => `the encoder's ${name}`),
    ...compareTables(before.heads, after.heads, (name) => `the ${name} head`),
  ];
}

/** Images of rows that the first thresholds dropped were never saved, so others cannot keep them. */
function compareThresholds(old: RunRecord, now: RunRecord): string[] {
  if (old.settings['save_images'] !== 'kept' || now.settings['save_images'] !== 'kept') return [];
  return compareTables(
    { ...old.thresholds },
    { ...now.thresholds },
    (name) => `--${name.replaceAll('_', '-')} (which decides whose images are saved)`,
  );
}

function compareTables(old: Table, now: Table, nameOf: (name: string) => string): string[] {
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].flatMap((name) => {
    const [before, after] = [JSON.stringify(old[name] ?? null), JSON.stringify(now[name] ?? null)];
    return before === after ? [] : [`${nameOf(name)} was ${before}, is ${after}`];
  });
}

function compareInputs(old: readonly RecordedInput[], now: readonly RecordedInput[]): string[] {
  const before = new Map(old.map((input) => [input.path, input]));
  const after = new Map(now.map((input) => [input.path, input]));
  const gone = old.filter(({ path }) => !after.has(path)).map(({ path }) => `input ${path} is gone`);
  const fresh = now.filter(({ path }) => !before.has(path)).map(({ path }) => `input ${path} is new`);
  const changed = now.flatMap((input) => {
    const known = before.get(input.path);
    return known && known.fingerprint !== input.fingerprint ? [`input ${input.path} has other content`] : [];
  });
  return [...gone, ...fresh, ...changed];
}

/**
 * Refuses to extend a run whose old inputs are gone or changed, or whose columns the new inputs change.
 * The present record's own comparison then need not look at inputs.
 */
function checkExtension(existing: RunRecord, present: RunRecord): void {
  const now = new Map(present.inputs.map((input) => [input.path, input.fingerprint]));
  const differences = existing.inputs.flatMap(({ path, fingerprint }) => {
    if (!now.has(path)) return [`input ${path} is gone`];
    return now.get(path) === fingerprint ? [] : [`input ${path} has other content`];
  });
  if (JSON.stringify(existing.schema) !== JSON.stringify(present.schema)) {
    differences.push('the new inputs have other columns or types');
  }
  if (differences.length === 0) return;
  throw new BowerbirdError(
    'BB_RUN_CHANGED',
    `This run cannot be extended:\n${differences.map((line) => `  - ${line}`).join('\n')}\n` +
      'Give all the old inputs unchanged beside the new ones, or choose another --output-folder.',
    { fields: { differences } },
  );
}
