import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, sampleId } from '../feedback/answer.ts';
import { readAnswers } from '../feedback/answers.ts';
import { type ServedTable, serveTable } from '../rate/serve-table.ts';
import type { PictureRoute } from '../rate/table.ts';
import { jsonAnswer } from '../web/page-routes.ts';
import { isKeep, ReviewAsker } from './asker.ts';
import { ReviewDeeds } from './deeds.ts';
import { KeptFolder } from './kept-folder.ts';
import { KeptRows, rowsOf } from './kept-rows.ts';
import { type Likeness, openLikeness } from './likeness.ts';
import type { ReviewOptions } from './options.ts';
import { openReviewSamples, type ReviewSamples } from './samples.ts';

/** A page that is served. */
export interface RunningReview extends ServedTable {
  /** How many rows pass the thresholds and have their picture here. */
  readonly pictureCount: number;
  /** How many of the answers that stand keep one of these rows. */
  readonly keptCount: number;
  /** The feedback file. */
  readonly feedback: string;
  /** By what pictures are held to be near to each other, in words; undefined where nothing is left out. */
  readonly likeness: string | undefined;
}

/**
 * Serves a page that shows the best of a run one by one, and copies what is kept into a folder.
 *
 * @throws BowerbirdError as `serveTable`, `KeptFolder.open`, `openReviewSamples`, `openLikeness`
 */
export async function startReview(options: ReviewOptions): Promise<RunningReview> {
  const { outputFolder, onNote } = options;
  const folder = await KeptFolder.open(outputFolder, onNote);
  const feedback = options.feedback ?? join(folder.path, 'feedback.jsonl');
  let likeness: Likeness | undefined;
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    likeness?.close();
    await folder.close();
  };
  try {
    const found = { pictureCount: 0, keptCount: 0 };
    const served = await serveTable<ReviewSamples>(
      { ...options, feedback, mode: 'keep' },
      {
        openSamples: () => openReviewSamples(options),
        partsOf: async (samples, { path, state }) => {
          likeness = await openLikeness(samples.collection, samples.rows, options);
          const answers = existsSync(path) ? await keepsIn(path, options) : [];
          const kept = await keptRows(samples, likeness, answers);
          await tellOfOthers(folder, answers, options);
          found.pictureCount = samples.order.length;
          found.keptCount = kept.size;
          const askers: ReviewAsker[] = [];
          const deeds = new ReviewDeeds({
            ...{ samples, folder, kept },
            onTakenBack: () => {
              for (const asker of askers) asker.rewind();
            },
          });
          return {
            page: 'review',
            newAsker: (rater, unshown) => {
              const { question } = options;
              const asker = new ReviewAsker({ samples, state, question, kept }, rater, unshown);
              askers.push(asker);
              return asker;
            },
            deeds,
            pictureRoutes: [namesRoute(deeds)],
          };
        },
      },
    );
    const stop = async (): Promise<void> => {
      await served.stop();
      await close();
    };
    return { ...served, ...found, feedback, likeness: likeness?.what, stop };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function namesRoute(deeds: ReviewDeeds): PictureRoute {
  return {
    name: 'names',
    answer: async (sample, { query }) =>
      jsonAnswer({ file: await deeds.nameOf(sample, query.get('stem') ?? '') }),
  };
}

/** The answers of all raters that keep something. */
async function keepsIn(path: string, { question, signal }: ReviewOptions): Promise<Answer[]> {
  const { answers } = await readAnswers([path], { questions: [question], modes: ['keep'], signal });
  return answers.filter(isKeep);
}

async function keptRows(
  samples: ReviewSamples,
  likeness: Likeness | undefined,
  answers: readonly Answer[],
): Promise<KeptRows> {
  const kept = new KeptRows(likeness);
  const names = answers.flatMap((answer) => (answer.mode === 'keep' ? [answer.sample] : []));
  const rows = await rowsOf(samples.rows, names);
  for (const [place, name] of names.entries()) {
    const row = rows.get(sampleId(name));
    if (row !== undefined) kept.add(answers[place]!.id, row);
  }
  return kept;
}

/** Files whose answers are not there: they may lie in another feedback file, or were never saved. */
async function tellOfOthers(
  folder: KeptFolder,
  answers: readonly Answer[],
  { onNote, outputFolder }: ReviewOptions,
): Promise<void> {
  const count = await folder.countOthers(new Set(answers.map(({ id }) => id)));
  if (count > 0)
    onNote?.(
      `${count} kept pictures in ${outputFolder} are of answers that are not in the feedback file. They stay.`,
    );
}
