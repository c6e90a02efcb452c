import { checkHead, type EncoderIdentity, type EncoderProof } from '../heads/check.ts';
import type { Head } from '../heads/head.ts';
import { type Label, labelColumn, thresholdNote } from '../samples/label.ts';
import type { HeadIdentity } from '../samples/provenance/origin.ts';

/** A head as run.json has it. */
export interface RecordedHead extends HeadIdentity {
  /** What shows that it was trained on the run's encoder; runs of 0.1.0 do not say. */
  readonly encoder_proof?: EncoderProof;
  /** The published network that its layers were taken for. */
  readonly layout?: string;
  /** Set where it is no head but an image model, which takes the pixels and knows of no encoder. */
  readonly takes?: 'pixels';
  /** What its scores stand for, where it is a regressor that says so. */
  readonly label?: Label;
}

/** The heads of a run by the column that they fill; null where none does. */
export type RecordedHeads = Readonly<Record<string, RecordedHead | null>>;

/** What a person is to know about a head. */
export interface HeadNotes {
  /** Set where nothing shows that the head belongs to the encoder. */
  readonly unproven?: string;
  /** Set where its layers were recognised, not stated. */
  readonly layout?: string;
  /** Set where its scores are given in another unit too. */
  readonly label?: string;
}

/**
 * @param encoder the encoder of the embeddings; undefined for stored ones of which nothing states it
 * @throws HeadError BB_HEAD_MISMATCH
 */
export function recordHead(head: Head, encoder: EncoderIdentity | undefined): RecordedHead {
  return {
    name: head.name,
    digest: head.digest,
    computes: head.computes,
    encoder_proof: encoder ? checkHead(head, encoder) : 'none',
    ...(head.layout !== undefined && { layout: head.layout }),
    ...(head.label && { label: head.label }),
  };
}

/** An image model in the place of a head. */
export function recordTagModel({
  name,
  digest,
  label,
}: Pick<RecordedHead, 'name' | 'digest' | 'label'>): RecordedHead {
  return { name, digest, takes: 'pixels', ...(label && { label }) };
}

/**
 * What makes two heads the same one: what is said about it may change from version to version. A label makes a column, and an
 * image model's stands in its manifest, of which there is no digest.
 */
export function headIdentities(heads: RecordedHeads): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(heads).map(([column, head]) => [
      column,
      head && { name: head.name, digest: head.digest, ...(head.label && { label: head.label }) },
    ]),
  );
}

/** @param encoderDigest empty where nothing states which encoder made the embeddings */
export function headNotes(column: string, head: RecordedHead, encoderDigest: string): HeadNotes {
  const which = `the ${column} head ${head.name}`;
  const unknown =
    encoderDigest === ''
      ? `nothing states which encoder made the embeddings that ${which} scored`
      : `nothing states which encoder ${which} was trained on`;
  return {
    ...(head.encoder_proof === 'none' && {
      unproven: `Unproven: ${unknown}; a head of another encoder gives plausible, wrong scores (docs/heads.md).`,
    }),
    ...(head.layout !== undefined && {
      layout: `${head.name} was read as ${head.layout}: the names and shapes of its layers are that network's.`,
    }),
    ...(head.label && {
      label: `${head.name} was trained on ${head.label.unit}: ${column} is ${head.label.transform} of them, and ${labelColumn(column, head.label)} their number.`,
    }),
  };
}

/** All notes of a run's heads, one sentence each. @param minAesthetic the threshold, where there is one */
export function listHeadNotes(
  heads: RecordedHeads,
  encoderDigest: string,
  minAesthetic: number | null = null,
): string[] {
  return Object.entries(heads).flatMap(([column, head]) => {
    const { unproven, layout, label } = head ? headNotes(column, head, encoderDigest) : {};
    const threshold =
      head?.label && column === 'aesthetic' && minAesthetic !== null
        ? thresholdNote(column, minAesthetic, head.label)
        : undefined;
    return [unproven, layout, label, threshold].filter((note) => note !== undefined);
  });
}
