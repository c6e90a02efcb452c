import { BowerbirdError } from '../base/errors.ts';
import type { SampleName } from '../feedback/answer.ts';
import { checkHead, type EncoderProof } from '../heads/check.ts';
import { HeadError } from '../heads/errors.ts';
import type { Head } from '../heads/head.ts';
import { loadHead } from '../heads/load.ts';
import { type JoinedEmbeddings, joinEmbeddings } from '../learn/embeddings.ts';
import type { Label } from '../samples/label.ts';
import { withUrls } from '../storage/copied-urls.ts';
import type { EvaluateOptions, EvaluateProgress } from './options.ts';
import { type ColumnScores, joinScores } from './score-columns.ts';
import { readTrainingRecord, type TrainedHere } from './training-record.ts';
import { turn } from './turn.ts';

/** Scores that are held against answers: of a head, or published ones. */
export interface Candidate {
  /** As people are told of it; no two have the same. */
  readonly name: string;
  readonly kind: 'head' | 'scores' | 'baseline';
  /** Not of baselines. */
  readonly path?: string;
  /** Of baselines: what they are. */
  readonly facts?: string;
  /** Of published scores. */
  readonly column?: string;
  /** sha256 (hex) of a head. */
  readonly digest?: string;
  readonly encoderProof?: EncoderProof;
  readonly label?: Label;
  readonly isProbability: boolean;
  readonly training?: TrainedHere;
  /** float64 by the samples' numbers; NaN where there is none. */
  readonly scores: Float64Array;
}

/** All that is held against answers, and by what samples are told from others when they are held out. */
export interface Candidates {
  readonly candidates: readonly Candidate[];
  /** By the samples' numbers: the hash as decimal text, else `key:` and the key, as training has it. */
  readonly ids: readonly string[];
  /** Samples whose embedding has no length or is not finite. */
  readonly unusable: number;
}

/**
 * Loads the heads and scores samples with them; reads published scores.
 *
 * @throws HeadError BB_HEAD_*; as `joinEmbeddings` and `readNamedScores`
 */
export async function scoreCandidates(
  samples: readonly SampleName[],
  options: EvaluateOptions,
  progress: EvaluateProgress,
): Promise<Candidates> {
  const heads = await Promise.all(
    options.heads.map(async ({ name, path }) => ({
      name,
      path,
      head: await loadHead(path, { tag: options.tag }),
    })),
  );
  const embeddings = heads.length > 0 ? await embeddingsOf(samples, options, progress) : undefined;
  const scored: Candidate[] = [];
  for (const { name, path, head } of heads) {
    progress.signal?.throwIfAborted();
    const training = await trainingOf(path, head);
    if (training && !training.isOfHead)
      progress.note(
        `The training.json beside ${path} is of another head. To be safe, ${name} is taken for trained on what that one was.`,
      );
    scored.push({
      ...{ name, kind: 'head', path: withUrls(path), digest: head.digest, isProbability: head.isProbability },
      encoderProof: proofOf({ name, head }, embeddings!),
      ...(head.label && { label: head.label }),
      ...(training && { training }),
      scores: await scoresOf({ name, head }, embeddings!, progress),
    });
  }
  if (options.takesAll) noteUnknown(scored, progress);
  const columns = await joinScores(samples, options, progress);
  const candidates = [...scored, ...columns.map(asCandidate)];
  return {
    candidates: withOwnNames(candidates),
    ids: samples.map((name, i) => idOf(name, i, embeddings, columns)),
    unusable: embeddings?.unusable ?? 0,
  };
}

/** What the record beside a head says; where there is none, or of another head, what the head says itself. */
async function trainingOf(path: string, head: Head): Promise<TrainedHere | undefined> {
  const record = await readTrainingRecord(path, head.digest);
  if (record?.isOfHead || !head.training) return record;
  const { logitsPerPoint, training } = head;
  return { ...training, ...(logitsPerPoint !== undefined && { logitsPerPoint }), isOfHead: true };
}

/** As a head is asked for by name. */
const BUILTIN = 'builtin';

/** Of the built-in head it is known that it has learned from nobody. */
function noteUnknown(heads: readonly Candidate[], { note }: EvaluateProgress): void {
  const names = heads.flatMap(({ name, training }) => (training || name === BUILTIN ? [] : [name]));
  if (names.length > 0)
    note(
      `Nothing states what ${names.join(', ')} learned from. With --all it is held against all samples: where it has learned from some of them, its figures are too good.`,
    );
}

function embeddingsOf(
  samples: readonly SampleName[],
  { embeddings, embeddingColumn, hashColumn }: EvaluateOptions,
  { signal, note, advance }: EvaluateProgress,
): Promise<JoinedEmbeddings> {
  return joinEmbeddings(samples, {
    ...{ inputs: embeddings, embeddingColumn, hashColumn, signal, onNote: note },
    onProgress: (done, total) => advance('reading embeddings', done, total, 'rows'),
  });
}

/** @throws HeadError BB_HEAD_MISMATCH */
function proofOf(
  { name, head }: { readonly name: string; readonly head: Head },
  { encoder, dimension }: JoinedEmbeddings,
): EncoderProof {
  if (!encoder && head.dimension !== dimension)
    throw new HeadError(
      'BB_HEAD_MISMATCH',
      `The head ${name} takes embeddings of ${head.dimension} dimensions, but those that were given have ${dimension}. Give a head that was trained on the encoder that made them.`,
      { fields: { head: name, dimension } },
    );
  const identity = {
    encoderName: encoder?.name ?? head.encoder?.name ?? 'of these embeddings',
    encoderDigest: encoder?.digest ?? head.encoder?.digest ?? '',
    dimension,
  };
  const proof = checkHead(head, identity);
  return encoder ? proof : 'none';
}

/** A wide ensemble takes a tenth of a millisecond for each row. */
const ROWS_AT_ONCE = 512;

/** @throws the signal's reason */
async function scoresOf(
  { name, head }: { readonly name: string; readonly head: Head },
  { rows, rowOf, dimension }: JoinedEmbeddings,
  { signal, advance }: EvaluateProgress,
): Promise<Float64Array> {
  const count = rows.length / dimension;
  const scores = new Float64Array(count);
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    await turn();
    signal?.throwIfAborted();
    advance(`scoring by ${name}`, from, count, 'samples');
    const to = Math.min(count, from + ROWS_AT_ONCE);
    const some = await head.scoreMany(rows.subarray(from * dimension, to * dimension), to - from);
    scores.set(some.scores, from);
  }
  return Float64Array.from(rowOf, (row) => (row < 0 ? Number.NaN : finite(scores[row]!)));
}

function finite(score: number): number {
  return Number.isFinite(score) ? score : Number.NaN;
}

function asCandidate({ path: read, column, scores }: ColumnScores): Candidate {
  const path = withUrls(read);
  return {
    ...{ name: `${path}:${column}`, kind: 'scores', path, column },
    isProbability: column === 'punsafe' || column === 'pwatermark',
    scores: scores.map(finite),
  };
}

/** What is asked for twice by one name cannot be told apart. @throws BowerbirdError BB_USAGE */
function withOwnNames(candidates: readonly Candidate[]): readonly Candidate[] {
  const names = new Set<string>();
  for (const { name } of candidates) {
    if (names.has(name))
      throw new BowerbirdError('BB_USAGE', `${name} is given twice. Name each head and each column once.`);
    names.add(name);
  }
  return candidates;
}

function idOf(
  { hash, key }: SampleName,
  sample: number,
  embeddings: JoinedEmbeddings | undefined,
  columns: readonly ColumnScores[],
): string {
  const row = embeddings?.rowOf[sample] ?? -1;
  if (row >= 0) return embeddings!.ids[row]!;
  if (hash !== undefined) return hash;
  const found = columns.map(({ hashes }) => hashes.get(sample)).find((one) => one !== undefined);
  return found === undefined ? `key:${key}` : String(found);
}
