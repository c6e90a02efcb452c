import { type Answer, type SampleName, sampleId } from '../feedback/answer.ts';
import { type Label, transformCount } from '../samples/label.ts';
import { baselineCandidate } from './baseline-candidate.ts';
import type { Candidate } from './candidates.ts';
import type { PostsDataset } from './dataset.ts';
import { type LearnedSet, namesIn } from './learned.ts';
import type { EvaluateOptions, EvaluateProgress } from './options.ts';
import type { Samples } from './part.ts';
import { pixelBaseline } from './pixel-baseline.ts';
import type { Truths, ValueTruth } from './truths.ts';
import { type UserOf, usersByRater, usersByTable } from './users.ts';

/** What baselines are made from. */
export interface BaselineWorld {
  readonly truths: Truths;
  readonly samples: Samples;
  readonly candidates: readonly Candidate[];
  readonly learned: readonly LearnedSet[];
  readonly dataset: PostsDataset | undefined;
  readonly options: EvaluateOptions;
  readonly progress: EvaluateProgress;
}

/** A single number that was said, of a sample that no head is asked about. */
interface BaselineLesson {
  readonly name: SampleName;
  readonly value: number;
}

/**
 * What is had without looking at what a head looks at: the mean of each user, learned from the answers about samples that are not asked and from what is named as learned from, and a linear
 * function of the pixels of a dataset. Where one cannot be made that was asked for, that is said.
 *
 * @throws as `usersByTable` and `pixelBaseline`
 */
export async function baselinesOf(world: BaselineWorld): Promise<Candidate[]> {
  const truth = truthOf(world.truths);
  if (!truth) return [];
  const label = labelOf(world, truth);
  const means = await usersMeans(world, truth, label);
  const pixels = world.dataset && (await pixelBaseline(world.dataset, { ...world, truth, label }));
  return [means, pixels].filter((one) => one !== undefined);
}

/** What baselines are of: likes, or where there are none ratings. */
function truthOf({ truths }: Truths): ValueTruth | undefined {
  const [likes, rating] = (['likes', 'rating'] as const).map((mode) =>
    truths.find((truth): truth is ValueTruth => truth.mode === mode && truth.rater === null),
  );
  return likes ?? rating;
}

/** The transform of the first head that has one; without, that of the dataset. */
function labelOf({ candidates, dataset }: BaselineWorld, { mode }: ValueTruth): Label | undefined {
  if (mode !== 'likes') return undefined;
  const isTrainedPlain = candidates.some(({ label, training }) => !label && training?.mode === 'likes');
  const own = candidates.find(({ label }) => label !== undefined)?.label;
  if (own || isTrainedPlain || dataset?.transform === undefined) return own;
  return { transform: dataset.transform, unit: 'likes' };
}

/** The mean of each user's, and of users of whom nothing was learned that of all. */
async function usersMeans(
  world: BaselineWorld,
  truth: ValueTruth,
  label: Label | undefined,
): Promise<Candidate | undefined> {
  const { truths, options, progress } = world;
  const lessons = lessonsOf(world, truth);
  const userOf = await userTeller(world, truth, lessons);
  const isWanted = options.users !== undefined;
  const asked = truths.samples.names;
  const sums = new Map<string | undefined, { sum: number; count: number }>();
  const add = (user: string | undefined, value: number): void => {
    const { sum, count } = sums.get(user) ?? { sum: 0, count: 0 };
    sums.set(user, { sum: sum + value, count: count + 1 });
  };
  for (const { name, value } of lessons) {
    const scored = label ? transformCount(label.transform, value) : value;
    add(undefined, scored);
    const user = userOf?.(name);
    if (user !== undefined) add(user, scored);
  }
  // The mean of all is no user's.
  const known = sums.size - 1;
  const users = new Set(Array.from(truth.samples, (sample) => userOf?.(asked[sample]!)));
  if (known < 2 || users.size < 2) {
    if (isWanted) progress.note(whyNoMeans(lessons.length, known));
    return undefined;
  }
  const means = new Map([...sums].map(([user, { sum, count }]) => [user, sum / count]));
  const scoreOf = (name: SampleName): number => means.get(userOf?.(name)) ?? means.get(undefined)!;
  return baselineCandidate(truth, {
    name: "users' means",
    facts: `the mean of each of ${known} users, of ${lessons.length} answers`,
    label,
    scores: Float64Array.from(asked, scoreOf),
  });
}

function whyNoMeans(lessons: number, users: number): string {
  if (lessons === 0)
    return 'The means of users are left out: no answer is left to learn them from, as all are about samples that are asked. Name what was learned from with --learned-from or --dataset.';
  return `The means of users are left out: of ${users} users alone something is known, and one mean orders nothing.`;
}

function lessonsOf({ truths, samples, learned }: BaselineWorld, { mode }: ValueTruth): BaselineLesson[] {
  const given = learned.filter(({ isGiven }) => isGiven).flatMap(({ answers }) => answers);
  const named = new Set(namesIn(given).flatMap(({ hash, key }) => [hash, key && `key:${key}`]));
  const isKnown = ({ hash, key }: SampleName): boolean =>
    (hash !== undefined && named.has(hash)) || (key !== undefined && named.has(`key:${key}`));
  const asked = new Set(
    truths.samples.names.filter((_, sample) => samples.isHeldOut[sample] === 1).map(sampleId),
  );
  const free = truths.set.answers.filter(
    (answer) => answer.mode !== 'pair' && !isKnown(answer.sample) && !asked.has(sampleId(answer.sample)),
  );
  return [...given, ...free].flatMap((answer) => lessonIn(answer, mode));
}

function lessonIn(answer: Answer, mode: ValueTruth['mode']): BaselineLesson[] {
  if (answer.mode === 'pair' || answer.mode !== mode || typeof answer.answer !== 'number') return [];
  return [{ name: answer.sample, value: answer.answer }];
}

/** By the table that was named; else, of likes, by the raters. */
async function userTeller(
  { truths, learned, options, progress }: BaselineWorld,
  { mode }: ValueTruth,
  lessons: readonly BaselineLesson[],
): Promise<UserOf | undefined> {
  if (options.users) {
    const names = [...truths.samples.names, ...lessons.map(({ name }) => name)];
    return usersByTable(names, options, progress);
  }
  if (mode !== 'likes') return undefined;
  const answers = [truths.set, ...learned].flatMap((set) => set.answers);
  return usersByRater(answers.filter((answer) => answer.mode === 'likes'));
}
