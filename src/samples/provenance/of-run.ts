import { isObject, type JsonObject } from '../../base/json-object.ts';
import { type Label, labelColumn } from '../label.ts';
import { isTag, PROBABILITY_TAGS, spreadColumn, TAGS, type Tag, type TagName } from '../tags.ts';
import {
  type HeadOrigin,
  type ModelOrigin,
  type NamedDigest,
  type PixelOrigin,
  type ScoreOrigin,
  uniteOrigins,
} from './origin.ts';
import type { Provenance, ScoreOrigins } from './provenance.ts';

/** What decides where the scores of a run's rows come from. */
export interface ScoringFacts {
  /** What computes a score, by the column that it fills. */
  readonly computed: Readonly<Record<TagName, HeadOrigin | PixelOrigin>>;
  /** The origins of the input's own tags; of those that it has. */
  readonly given: Readonly<Partial<Record<Tag, readonly ScoreOrigin[]>>>;
  /** Whether computed scores take the place of all of the input's own. */
  readonly recomputeTags: boolean;
  /** What computed scores stand for, by their column: in its unit they have a column more. */
  readonly labels?: Readonly<Record<TagName, Label>>;
  /** Columns whose scores are an ensemble's: they have a column more, of its spread. */
  readonly spreads?: readonly TagName[];
}

/** The origins of the scores that a run writes. A tag that neither the input nor a model gives has none. */
export function scoresOf({
  computed,
  given,
  recomputeTags,
  labels = {},
  spreads = [],
}: ScoringFacts): ScoreOrigins {
  const originsOf = (column: TagName): readonly ScoreOrigin[] => {
    const own = Object.hasOwn(computed, column) ? [computed[column]!] : [];
    // The point of a run is its own score: an aesthetic of the input is used only where nothing computes one.
    const isKept = PROBABILITY_TAGS.some((tag) => tag === column) && !recomputeTags;
    const isReplaced = own.length > 0 && !isKept;
    return isReplaced ? own : uniteOrigins([given[column as Tag] ?? [], own]);
  };
  const columns = [...TAGS, ...Object.keys(computed).filter((column) => !isTag(column))];
  const inUnits = Object.entries(labels).map(([column, label]): [TagName, ScoreOrigin[]] => [
    labelColumn(column, label),
    [{ ...computed[column]!, label: { ...label } }],
  ]);
  const ofSpreads = spreads.map((column): [TagName, ScoreOrigin[]] => [
    spreadColumn(column),
    [computed[column]!],
  ]);
  return Object.fromEntries([
    ...columns.map((column) => [column, originsOf(column)] as const),
    ...inUnits,
    ...ofSpreads,
  ]);
}

/**
 * What the run.json of a run says of the provenance of its scores, whose files say nothing themselves: bowerbird up to
 * 0.2 wrote such. Undefined where it is no such record.
 */
export function provenanceOfRecord(record: unknown): Provenance | undefined {
  if (!isObject(record) || record['format'] !== 'bowerbird-run') return undefined;
  const { encoder, heads, columns, settings } = record;
  if (!isObject(heads) || !isObject(columns) || !isObject(settings)) return undefined;
  const embeddings = encoderOf(encoder, settings);
  const computed = Object.entries(heads).flatMap(([column, head]) => {
    const named = namedOf(head);
    return named ? [[column, computedBy(named, head as JsonObject, { embeddings, settings })] as const] : [];
  });
  const given = TAGS.flatMap((tag) => {
    const column = Object.hasOwn(columns, tag) ? columns[tag] : undefined;
    return typeof column === 'string' ? [[tag, [{ from: 'column', column }]] as const] : [];
  });
  return {
    ...(embeddings && { embeddings }),
    scores: scoresOf({
      computed: Object.fromEntries(computed),
      given: Object.fromEntries(given),
      recomputeTags: settings['recompute_tags'] === true,
    }),
  };
}

function computedBy(
  named: NamedDigest,
  head: JsonObject,
  { embeddings, settings }: { readonly embeddings: ModelOrigin | undefined; readonly settings: JsonObject },
): HeadOrigin | PixelOrigin {
  if (head['takes'] === 'pixels') return { from: 'model', ...modelOf(named, settings) };
  const isStored = settings['input_format'] === 'embeddings';
  return {
    from: 'head',
    head: named,
    encoder: embeddings ?? null,
    ...(isStored && { stored: true as const }),
  };
}

/** The encoder of a record; undefined where stored embeddings do not say it. */
function encoderOf(encoder: unknown, settings: JsonObject): ModelOrigin | undefined {
  const named = namedOf(encoder);
  return named && modelOf(named, settings);
}

/** A run over stored embeddings does not say how their crops were made. */
function modelOf(model: NamedDigest, { transform }: JsonObject): ModelOrigin {
  return { model, ...(typeof transform === 'string' && { transform }), runtimes: [] };
}

function namedOf(value: unknown): NamedDigest | undefined {
  if (!isObject(value)) return undefined;
  const { name, digest } = value;
  return typeof name === 'string' && typeof digest === 'string' && digest !== ''
    ? { name, digest }
    : undefined;
}
