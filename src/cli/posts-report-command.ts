import { basename, resolve } from 'node:path';
import { OutputFile } from '../base/output-file.ts';
import { packageVersion } from '../base/package.ts';
import type { SurveyOptions } from '../popularity/survey.ts';
import { type Command, commandLine, type Invocation } from './command.ts';
import { endWithout, withInterrupt } from './interrupt.ts';
import { POSTS_REPORT_FLAGS } from './posts-report-flags.ts';
import { describeSurvey, surveyJson } from './posts-report-view.ts';
import { trainProgress } from './train-progress.ts';

/** Pictures of a page are few. */
const PROCESSES = 1;

/** `bowerbird posts report` */
export const POSTS_REPORT: Command = {
  flags: POSTS_REPORT_FLAGS,
  examples: [['posts report likes --output likes.html', 'A page that opens offline']],
  docs: 'docs/posts-report.md',
  extend: (parser) =>
    parser.positional('posts', {
      type: 'string',
      demandOption: true,
      describe: 'Table of posts, as `posts add` has made it',
    }),
  run: reportCommand,
};

/** @throws BowerbirdError as `surveyPosts`, BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL */
async function reportCommand({ values, parsed, args }: Invocation): Promise<number> {
  const options: SurveyOptions = {
    posts: parsed['posts'] as string,
    pictures: values['pictures'] as number,
    looksAtFiles: values['files'] !== false,
    picturesFrom: (values['pictures-from'] as string[] | undefined) ?? [],
    processes: PROCESSES,
  };
  const [{ surveyPosts }, { renderPostsPage }, { openPosts }] = await Promise.all([
    import('../popularity/survey.ts'),
    import('../report/posts/page.ts'),
    import('../posts/table.ts'),
  ]);
  const { files } = await openPosts(options.posts);
  const output = await OutputFile.open(
    values['output'] as string,
    values['incremental-mode'] === 'overwrite',
    Object.values(files).flat(),
  );
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const survey = await surveyPosts(options, { signal, ...trainProgress() });
        const page = await renderPostsPage({
          ...survey,
          name: basename(resolve(options.posts)),
          command: commandLine(args),
          bowerbirdVersion: packageVersion,
        });
        await output.writeWhole(page);
        process.stdout.write(
          values['json'] === true ? surveyJson(survey) : describeSurvey(output.path, survey),
        );
        return 0;
      } catch (thrown) {
        return endWithout(output.path, signal, thrown);
      }
    },
  );
}
