import { BowerbirdError } from '../../base/errors.ts';
import {
  describeOrigins,
  isSameOrigin,
  type NamedDigest,
  type Runtime,
  type ScoreOrigin,
  uniteOrigins,
} from './origin.ts';
import type { ScoreOrigins } from './provenance.ts';

/** Some of the scores that are to stand beside each other: a file, a run, a store. */
export interface ScoreSide {
  /** Its path, for messages. */
  readonly path: string;
  readonly scores: ScoreOrigins;
}

/** The flag that allows scores of several origins beside each other. */
const MIX_FLAG = '--mixed-provenance';

/**
 * The origins of all sides together, by column. Scores are mixed where no side has all of a column's origins already:
 * what one side mixes was accepted when it was made, and more of the same adds nothing to it.
 *
 * @param isMixAllowed what `--mixed-provenance` says
 * @throws BowerbirdError BB_PROVENANCE_MIXED naming two sides
 */
export function uniteScores(sides: readonly ScoreSide[], isMixAllowed: boolean): ScoreOrigins {
  const columns = new Set(sides.flatMap(({ scores }) => Object.keys(scores)));
  return Object.fromEntries(
    [...columns].map((column) => {
      const having = sides.flatMap(({ path, scores }) => {
        const origins = Object.hasOwn(scores, column) ? scores[column]! : [];
        return origins.length > 0 ? [{ path, origins }] : [];
      });
      const united = uniteOrigins(having.map(({ origins }) => origins));
      if (!isMixAllowed) refuseMix(column, having, united);
      return [column, united];
    }),
  );
}

/** A side by what it has of one column. */
interface ColumnSide {
  readonly path: string;
  readonly origins: readonly ScoreOrigin[];
}

function refuseMix(column: string, sides: readonly ColumnSide[], united: readonly ScoreOrigin[]): void {
  const lacking = (side: ColumnSide): ScoreOrigin | undefined =>
    united.find((origin) => !side.origins.some((own) => isSameOrigin(own, origin)));
  if (sides.length === 0 || sides.some((side) => lacking(side) === undefined)) return;
  const [first] = sides;
  const missing = lacking(first!)!;
  const other = sides.find(({ origins }) => origins.some((origin) => isSameOrigin(origin, missing)))!;
  const words = describeOrigins([...first!.origins, missing]);
  const isTold = [...first!.origins, missing].every(({ from }) => from !== 'column');
  const what = isTold
    ? `The ${column} of ${first!.path} and of ${other.path} are different scores`
    : `Nothing shows that the ${column} of ${first!.path} and of ${other.path} are the same score`;
  throw new BowerbirdError(
    'BB_PROVENANCE_MIXED',
    `${what}: the first has it from ${words.slice(0, -1).join(' and ')}, the second from ${words.at(-1)}. ${sameNameNote(first!.origins, missing)}` +
      `Give them to separate commands, or take them as one score with ${MIX_FLAG}, which is put on record.`,
    { fields: { column, paths: [first!.path, other.path] } },
  );
}

/** Names are the same and digests are not: what a person can do to a model without giving it another name. */
function sameNameNote(origins: readonly ScoreOrigin[], missing: ScoreOrigin): string {
  const model = modelOf(missing);
  const others = origins.map(modelOf);
  const isNamesake = others.some((other) => other?.name === model?.name && other?.digest !== model?.digest);
  return isNamesake
    ? 'Models of one name have other digests where their weights differ, or the --dtype or --operators that these were written ' +
        'with (run.json states both among its settings). '
    : '';
}

function modelOf(origin: ScoreOrigin): NamedDigest | undefined {
  if (origin.from === 'column') return undefined;
  return origin.from === 'head' ? origin.encoder?.model : origin.model;
}

/** What a person is to know of scores that were united, in a line each: what was mixed, and what several providers computed. */
export function provenanceNotes(scores: ScoreOrigins): string[] {
  return Object.entries(scores).flatMap(([column, origins]) => {
    const providers = new Set(origins.flatMap(runtimesOf).map(({ provider }) => provider));
    return [
      ...(origins.length > 1
        ? [`The ${column} is of ${origins.length} origins: ${describeOrigins(origins).join('; ')}.`]
        : []),
      ...(providers.size > 1
        ? [`The ${column} was computed on ${[...providers].join(' and ')}, which differ in its last digits.`]
        : []),
    ];
  });
}

/** The origins of each column, in words. */
export function provenanceWords(scores: ScoreOrigins): [column: string, words: string][] {
  return Object.entries(scores).map(([column, origins]) => [
    column,
    origins.length > 0 ? `from ${describeOrigins(origins).join('; and from ')}` : 'no scores',
  ]);
}

function runtimesOf(origin: ScoreOrigin): readonly Runtime[] {
  if (origin.from === 'column') return [];
  return (origin.from === 'head' ? origin.encoder?.runtimes : origin.runtimes) ?? [];
}
