import type { Survey } from '../popularity/survey.ts';

/** What was found in a table of posts, for a person. */
export function describeSurvey(
  page: string,
  { totals, standardised, distributions, repeats }: Survey,
): string {
  const { posts, users, likesHidden, images, first, last } = totals;
  const lines: readonly (readonly [name: string, text: string])[] = [
    ['page', page],
    ['posts', `${posts} of ${users} users${first === null ? '' : `, from ${first} to ${last}`}`],
    ['likes', likesHidden === 0 ? 'all known' : `${likesHidden} hidden`],
    ['images', `${images} on this machine`],
    ...standardised.map(({ how, leaks, byChance, posts: labelled }) => {
      const share = leaks[0]!.etaSquared;
      const text =
        share === null || byChance === null
          ? 'nothing to tell'
          : `explains ${percent(share)} of the variance of ${labelled} labels (${percent(byChance)} by chance), standardised by ${how}`;
      return ['user', text] as const;
    }),
    ...(distributions ?? []).map(
      ({ transform, skewness }) =>
        ['skewness', `${skewness === null ? 'not defined' : skewness.toFixed(2)} (${transform})`] as const,
    ),
    ...repeats.map(
      ({ by, groups, posts: repeated }) =>
        ['repeats', groups === 0 ? `none (${by})` : `${repeated} posts in ${groups} groups (${by})`] as const,
    ),
  ];
  const width = 2 + Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${name.padEnd(width)}${text}\n`).join('');
}

/** The figures of a page, without its pictures. */
export function surveyJson({ totals, users, ages, standardised, distributions, repeats }: Survey): string {
  return `${JSON.stringify({
    ...{ totals, users, distributions },
    ages: { posts: ages.posts, without: ages.without, bands: ages.bands },
    standardised: standardised.map(({ how, posts, leaks, byChance, userCount }) => ({
      ...{ how, posts, users: userCount, leaks, byChance },
    })),
    repeats: repeats.map(({ by, groups, posts }) => ({ by, groups, posts })),
  })}\n`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
