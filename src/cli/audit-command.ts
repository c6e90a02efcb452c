import { availableParallelism } from 'node:os';
import { OutputFile } from '../base/output-file.ts';
import type { FilterOptions } from '../scores/filter.ts';
import { AUDIT_FLAGS } from './audit-flags.ts';
import { auditPageData } from './audit-page-view.ts';
import { auditJson, describeAudit } from './audit-view.ts';
import { type Command, commandLine, type Invocation } from './command.ts';
import { type FlagValues, whereGiven } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { rowsProgress } from './rows-progress.ts';

/** `bowerbird audit` */
export const AUDIT: Command = {
  flags: AUDIT_FLAGS,
  examples: [
    ['audit out --min-aesthetic 6', 'A run by another threshold'],
    ['audit out', 'A run by its own verdicts'],
  ],
  docs: 'docs/audit.md',
  remoteInputs: ['paths'],
  extend: (parser) =>
    parser.positional('paths', {
      describe: 'Run folders, files and folders of tags with captions and URLs',
      type: 'string',
      array: true,
      demandOption: true,
    }),
  run: auditCommand,
};

/** @throws BowerbirdError as `auditFilter`; BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL */
function auditCommand({ values, parsed, args }: Invocation): Promise<number> {
  const inputs = parsed['paths'] as string[];
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const output = values['output'] as string | undefined;
        const file = output === undefined ? undefined : await OutputFile.open(output, false, inputs);
        const html = values['html'] as string | undefined;
        const page = html === undefined ? undefined : await OutputFile.open(html, true, inputs, '--html');
        const { auditFilter } = await import('../audit/audit.ts');
        const rules = rulesOf(values);
        const audit = await auditFilter({
          ...{ inputs, rules, signal },
          captionColumn: values['caption-col'] as string | undefined,
          urlColumn: values['url-col'] as string | undefined,
          languageColumn: values['language-col'] as string | undefined,
          leastRows: values['min-rows'] as number,
          threads: (values['threads'] as number | undefined) ?? availableParallelism(),
          memoryLimitMb: values['memory-mb'] as number,
          onNote: (note) => process.stderr.write(`${note}\n`),
          onProgress: rowsProgress('auditing'),
        });
        const json = auditJson(audit, rules);
        await file?.writeWhole(json);
        const top = values['top'] as number;
        if (page) {
          const { renderAuditPage } = await import('../report/audit-page.ts');
          const data = auditPageData(inputs, audit, { rules, top, command: commandLine(args) });
          await page.writeWhole(await renderAuditPage(data));
        }
        process.stdout.write(values['json'] === true ? json : describeAudit(audit, rules, top));
        return 0;
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        process.stderr.write('Interrupted. Nothing was written.\n');
        return 130;
      }
    },
  );
}

/** Null where no threshold is given: the verdicts of the tags count. */
function rulesOf(values: FlagValues): FilterOptions | null {
  const rules = {
    ...whereGiven(values, 'minAesthetic', 'min-aesthetic'),
    ...whereGiven(values, 'maxPunsafe', 'max-punsafe'),
    ...whereGiven(values, 'maxPwatermark', 'max-pwatermark'),
  };
  if (Object.keys(rules).length === 0) return null;
  return { ...rules, missingTags: values['missing-tags'] as 'drop' | 'keep' };
}
