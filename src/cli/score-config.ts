import { readHostTable } from '../download/host-rules.ts';
import type { Device, ScoreConfig } from '../pipeline/config.ts';
import { type FlagValues, usageError, whereGiven } from './flags.ts';
import { imageFacts } from './image-facts-flags.ts';
import { imageLimits } from './image-flags.ts';
import { retryRule } from './retry-flags.ts';
import { savedImages } from './save-flags.ts';
import { textOptions } from './text-flags.ts';
import { variantOf } from './variant-flags.ts';

/** Checked flag values as the pipeline's configuration. */
export function scoreConfig(values: FlagValues, inputs: readonly string[], commandLine: string): ScoreConfig {
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const number = (name: string): number => values[name] as number;
  const retry = retryRule(values);
  const saved = savedImages(values);
  return {
    inputs,
    outputFolder: text('output-folder')!,
    ...whereGiven(values, 'inputFormat', 'input-format'),
    text: textOptions(values),
    ...whereGiven(values, 'urlColumn', 'url-col'),
    ...whereGiven(values, 'captionColumn', 'caption-col'),
    ...whereGiven(values, 'hashColumn', 'hash-col'),
    ...whereGiven(values, 'imageColumn', 'image-col'),
    samplesPerShard: number('number-sample-per-shard'),
    clipModel: text('clip-model')!,
    aestheticHead: text('aesthetic-head')!,
    nsfwHead: text('nsfw-head')!,
    watermarkModel: text('watermark-model')!,
    recomputeTags: recomputesTags(values),
    library: {
      ...whereGiven(values, 'registryFile', 'registry'),
      offline: values['offline'] as boolean,
      variant: variantOf(values),
    },
    ...whereGiven(values, 'minAesthetic', 'min-aesthetic'),
    ...whereGiven(values, 'maxPunsafe', 'max-punsafe'),
    ...whereGiven(values, 'maxPwatermark', 'max-pwatermark'),
    missingTags: values['missing-tags'] as 'drop' | 'keep',
    transform: values['transform'] as 'exact' | 'fast',
    device: values['device'] as Device,
    batchSize: (values['batch-size'] as number | undefined) ?? usualBatchSize(text('clip-model')!),
    tagBatchSize: number('tag-batch-size'),
    allowBatchDependence: values['allow-batch-dependence'] as boolean,
    saveConsent: values['save-consent'] as boolean,
    saveEmbeddings: values['save-embeddings'] as boolean,
    ...imageFacts(values),
    ...(saved && { savedImages: saved }),
    incrementalMode: values['incremental-mode'] as ScoreConfig['incrementalMode'],
    skipBadFiles: values['skip-bad-files'] as boolean,
    ...(retry && { retry }),
    download: downloadOptions(values),
    outageLimitMs: 60_000 * number('outage-minutes'),
    imageLimits: imageLimits(values),
    resources: resources(values),
    commandLine,
  };
}

/** Whether heads replace the input's tags. @throws BowerbirdError BB_USAGE where there is no head that could */
export function recomputesTags(values: FlagValues): boolean {
  if (!values['recompute-tags']) return false;
  if (values['nsfw-head'] !== 'none' || values['watermark-model'] !== 'none') return true;
  throw usageError(
    '--recompute-tags replaces the punsafe and pwatermark of the input, and there is nothing to compute them with. ' +
      'Give --nsfw-head or --watermark-model, or leave it out.',
  );
}

/** How images are fetched: what `downloadFlags` say. @throws BowerbirdError BB_USAGE where the file of `--hosts` is none */
export function downloadOptions(values: FlagValues): ScoreConfig['download'] {
  const number = (name: string): number => values[name] as number;
  return {
    threadCount: values['thread-count'] as number | 'auto',
    perHost: number('per-host'),
    ...(values['hosts'] !== undefined && { hosts: readHostTable(values['hosts'] as string) }),
    timeoutMs: 1000 * number('timeout'),
    retries: number('retries'),
    maxBytes: number('max-bytes'),
    userAgentToken: values['user-agent-token'] as string,
    ...whereGiven(values, 'userAgentContact', 'user-agent-contact'),
    disallowedHeaderDirectives: values['disallowed-header-directives'] as string[],
    obeysRobots: values['robots'] === 'respect',
    obeysTdm: values['tdm'] === 'respect',
    allowPrivateAddresses: values['allow-private-addresses'] as boolean,
    nameServers: (values['dns'] as string[] | undefined) ?? [],
    caFile: (values['ca-file'] as string | undefined) ?? '',
    tlsInsecure: values['tls-insecure'] as boolean,
  };
}

function resources(values: FlagValues): ScoreConfig['resources'] {
  const number = (name: string): number => values[name] as number;
  return {
    decodeProcesses: number('processes-count'),
    encoderThreads: number('encoder-threads'),
    encoderTimeoutMs: 1000 * number('encoder-timeout'),
    memoryLimitMb: number('memory-mb'),
    maxBytesInFlight: number('max-mb-in-flight') * 1024 * 1024,
  };
}

/** The built-in encoder's tensors are as large as its pictures: in batches of 8 they stay near the processor, and take a third of the memory of 32. */
function usualBatchSize(clipModel: string): number {
  return clipModel === 'builtin' ? 8 : 32;
}
