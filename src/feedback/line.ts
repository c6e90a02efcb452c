import { type FeedbackRecord, isRetraction, type SampleName } from './answer.ts';

/** A record as the line of a feedback file, without its end: fields in a fixed order, so that the same answer has the same bytes. */
export function lineOf(record: FeedbackRecord): string {
  const { id, rater, time } = record;
  if (isRetraction(record)) return JSON.stringify({ v: 1, id, retracts: record.retracts, rater, time });
  const { question, mode, answer, queue, seed, swapped, tookMs } = record;
  const samples =
    record.mode === 'pair'
      ? { left: nameOf(record.left), right: nameOf(record.right) }
      : { sample: nameOf(record.sample) };
  return JSON.stringify({
    v: 1,
    id,
    question,
    mode,
    answer,
    ...samples,
    rater,
    time,
    queue,
    seed,
    swapped,
    took_ms: tookMs,
  });
}

/** What names a sample, with its fields in their order. */
export function nameOf({ hash, key }: SampleName): SampleName {
  return { ...(hash !== undefined && { hash }), ...(key !== undefined && { key }) };
}
