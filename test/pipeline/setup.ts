import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { DEFAULT_LIMITS } from '../../src/decode/limits.ts';
import { PLAIN_VARIANT } from '../../src/models/convert/spec.ts';
import type { ScoreConfig } from '../../src/pipeline/config.ts';
import { ShardDatabase } from '../../src/shards/database.ts';
import { planRun } from '../../src/shards/plan.ts';
import type { StagedShard } from '../../src/shards/staged-shard.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { buildShard, type ShardRow } from '../helpers/shard-builder.ts';

/** Rows as a run has them once they are read: the first shard of a file of theirs. */
export async function openShard(t: ExecutionContext, rows: readonly ShardRow[]): Promise<StagedShard> {
  const folder = await makeFolder(t);
  const path = join(folder, 'in.parquet');
  await buildShard(path, rows, { punsafe: 'DOUBLE', pwatermark: 'DOUBLE', aesthetic: 'DOUBLE' });
  const stagingFolder = join(folder, '.staging');
  const plan = await planRun({ inputs: [path], samplesPerShard: 100, stagingFolder });
  const database = await ShardDatabase.open({ memoryLimitMb: 256, temporaryFolder: stagingFolder });
  t.teardown(() => database.close());
  for await (const shard of database.readShards(plan, new Set([0]))) return shard;
  throw new Error('there is no shard');
}

/** A run over these inputs, as the command makes it without further flags. */
export function configOf(inputs: readonly string[], outputFolder: string): ScoreConfig {
  return {
    ...{ inputs, outputFolder, text: {}, samplesPerShard: 2, commandLine: 'bowerbird score' },
    ...{ clipModel: 'builtin', aestheticHead: 'auto', nsfwHead: 'none', watermarkModel: 'none' },
    library: { offline: true, variant: PLAIN_VARIANT },
    ...{
      missingTags: 'drop',
      transform: 'exact',
      device: 'cpu',
      batchSize: 8,
      tagBatchSize: 8,
      allowBatchDependence: false,
    },
    ...{
      recomputeTags: false,
      saveEmbeddings: false,
      saveConsent: false,
      keptFacts: { exif: false },
      incrementalMode: 'incremental',
      skipBadFiles: false,
    },
    download: {
      ...{ threadCount: 1, perHost: 1, timeoutMs: 1000, retries: 0, maxBytes: 1000, userAgentToken: 'test' },
      ...{
        disallowedHeaderDirectives: ['noai'],
        obeysRobots: false,
        obeysTdm: true,
        allowPrivateAddresses: false,
        nameServers: [],
      },
      ...{ caFile: '', tlsInsecure: false },
    },
    outageLimitMs: 0,
    imageLimits: DEFAULT_LIMITS,
    resources: {
      ...{ decodeProcesses: 1, encoderThreads: 1, encoderTimeoutMs: 1000 },
      ...{ memoryLimitMb: 256, maxBytesInFlight: 1000 },
    },
  };
}
