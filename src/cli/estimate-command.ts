import { type Command, commandLine, type Invocation, pathsOf } from './command.ts';
import { ESTIMATE_ALL_FLAGS, pricesOf, valuesOfScore } from './estimate-flags.ts';
import { describeEstimate, estimateJson } from './estimate-view.ts';
import { usageError } from './flags.ts';
import { scoreConfig } from './score-config.ts';
import { MODEL_URLS } from './score-flags.ts';
import { withInputs } from './score-inputs.ts';
import { showProgress } from './score-progress.ts';

/** `bowerbird estimate` */
export const ESTIMATE: Command = {
  flags: ESTIMATE_ALL_FLAGS,
  examples: [
    ["estimate 'laion/*.parquet' --machines 64", 'Hours, temporary space, output'],
    ["estimate 'laion/*.parquet' --price-machine-hour 0.4", 'Dollars too, at your price'],
  ],
  docs: 'docs/estimate.md',
  storedRuns: ['output-folder'],
  remoteInputs: ['inputs', 'url-list', ...MODEL_URLS],
  extend: (parser) => withInputs(parser, { name: 'estimate', flags: ESTIMATE_ALL_FLAGS }),
  run: estimateCommand,
};

async function estimateCommand(invocation: Invocation): Promise<number> {
  const { values, args } = invocation;
  const inputs = pathsOf(invocation, 'url-list', 'inputs');
  if (inputs.length === 0)
    throw usageError('estimate needs at least one input: a file, folder, glob or brace pattern.');
  if (values['input-format'] === 'embeddings')
    throw usageError(
      'Stored embeddings are scored at a million rows a second, and need no estimate. Leave out --input-format embeddings.',
    );
  const config = scoreConfig(valuesOfScore(values), inputs, commandLine(args));
  const options = {
    sampleRows: values['sample-rows'] as number,
    machines: values['machines'] as number,
    prices: pricesOf(values),
  };
  const estimate = await showProgress(async (progress, closing) => {
    const { estimateRun } = await import('../estimate/estimate.ts');
    return estimateRun(config, options, progress, closing);
  });
  const text = values['json'] === true ? JSON.stringify(estimateJson(estimate)) : describeEstimate(estimate);
  process.stdout.write(`${text}\n`);
  return 0;
}
