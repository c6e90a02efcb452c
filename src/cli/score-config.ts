import type { Device, ScoreConfig } from '../pipeline/config.ts';
import type { FlagValues } from './flags.ts';
import { textOptions } from './text-flags.ts';

/** Checked flag values as the pipeline's configuration. */
export function scoreConfig(values: FlagValues, inputs: readonly string[], commandLine: string): ScoreConfig {
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const number = (name: string): number => values[name] as number;
  const optional = <Name extends string>(key: Name, name: string): Partial<Record<Name, never>> =>
    values[name] === undefined ? {} : ({ [key]: values[name] } as Partial<Record<Name, never>>);
  return {
    inputs,
    outputFolder: text('output-folder')!,
    ...optional('inputFormat', 'input-format'),
    text: textOptions(values),
    ...optional('urlColumn', 'url-col'),
    ...optional('captionColumn', 'caption-col'),
    ...optional('hashColumn', 'hash-col'),
    samplesPerShard: number('number-sample-per-shard'),
    clipModel: text('clip-model')!,
    aestheticHead: text('aesthetic-head')!,
    nsfwHead: text('nsfw-head')!,
    watermarkModel: text('watermark-model')!,
    ...optional('minAesthetic', 'min-aesthetic'),
    ...optional('maxPunsafe', 'max-punsafe'),
    ...optional('maxPwatermark', 'max-pwatermark'),
    missingTags: values['missing-tags'] as 'drop' | 'keep',
    transform: values['transform'] as 'exact' | 'fast',
    device: values['device'] as Device,
    batchSize: number('batch-size'),
    allowBatchDependence: values['allow-batch-dependence'] as boolean,
    saveEmbeddings: values['save-embeddings'] as boolean,
    incrementalMode: values['incremental-mode'] as ScoreConfig['incrementalMode'],
    skipBadFiles: values['skip-bad-files'] as boolean,
    retryFailed: values['retry-failed'] as boolean,
    download: {
      threadCount: number('thread-count'),
      perHost: number('per-host'),
      timeoutMs: 1000 * number('timeout'),
      retries: number('retries'),
      maxBytes: number('max-bytes'),
      userAgentToken: text('user-agent-token')!,
      disallowedHeaderDirectives: values['disallowed-header-directives'] as string[],
      allowPrivateAddresses: values['allow-private-addresses'] as boolean,
    },
    outageLimitMs: 60_000 * number('outage-minutes'),
    imageLimits: {
      maxAreaPx: number('max-image-area'),
      maxSidePx: number('max-image-side'),
      maxAspectRatio: number('max-aspect-ratio'),
      maxPixelsPerByte: number('max-pixels-per-byte'),
      minSidePx: number('min-image-size'),
    },
    resources: {
      decodeProcesses: number('processes-count'),
      encoderThreads: number('encoder-threads'),
      encoderTimeoutMs: 1000 * number('encoder-timeout'),
      memoryLimitMb: number('memory-mb'),
      maxBytesInFlight: number('max-mb-in-flight') * 1024 * 1024,
    },
    commandLine,
  };
}
