import type { EncoderIdentity } from '../heads/check.ts';
import { readFinishedShard } from '../runs/finished-shard.ts';
import { recordHead } from '../runs/head-record.ts';
import { goOnFrom } from '../runs/run-changes.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { newRecord, type RunRecord } from '../runs/run-record.ts';
import { byTag } from '../samples/tags.ts';
import { resolveThresholds, type Thresholds } from '../scores/thresholds.ts';
import { type RescoreConfig, rescoreSettings } from './config.ts';
import type { ColumnHead } from './head-set.ts';
import type { RescorePlan } from './plan.ts';

/** What did the scoring, as `run.json` has it for encoders. */
const PROVIDER = 'cpu';

/** run.json of a run over stored embeddings. */
export function describeRescore(
  config: RescoreConfig,
  plan: RescorePlan,
  heads: readonly ColumnHead[],
  thresholds: Thresholds,
): RunRecord {
  const { encoder, dimension } = plan;
  const described = heads.map(({ column, head }) => [column, recordHead(head, identityOf(plan))] as const);
  return newRecord({
    settings: rescoreSettings(config),
    commandLine: config.commandLine,
    thresholds,
    inputs: plan.inputs.map(({ embeddings, layout, fingerprint, isParquet }) => ({
      path: embeddings,
      format: isParquet ? 'parquet' : 'npy',
      rows: layout.rowCount,
      bytes: layout.sizeBytes,
      fingerprint,
    })),
    plan,
    encoder: {
      name: encoder?.name ?? 'unknown encoder',
      description: `stored embeddings${encoder ? `; ${encoder.description}` : ''}`,
      digest: encoder?.digest ?? '',
      dimension,
      provider: PROVIDER,
      batch_invariant: true,
    },
    heads: { ...byTag(() => null), ...Object.fromEntries(described) },
  });
}

/** The encoder of the embeddings, where their own run.json states it. */
function identityOf({ encoder, dimension }: RescorePlan): EncoderIdentity | undefined {
  return encoder && { encoderName: encoder.name, encoderDigest: encoder.digest, dimension };
}

/** The thresholds in force, with LAION's defaults where the tag has a source. @throws BowerbirdError BB_USAGE */
export function thresholdsOf(config: RescoreConfig, plan: RescorePlan): Thresholds {
  const headOf = (column: string): string =>
    config.heads.find((head) => head.column === column)?.path ?? 'none';
  return resolveThresholds(
    {
      ...config,
      aestheticHead: headOf('aesthetic'),
      nsfwHead: headOf('punsafe'),
      watermarkModel: headOf('pwatermark'),
    },
    plan,
  );
}

/**
 * The record that a run goes on with.
 *
 * @throws BowerbirdError BB_RUN_CHANGED naming what differs from the existing run
 */
export async function goOn(
  existing: RunRecord | undefined,
  present: RunRecord,
  folder: RunFolder,
  extend: boolean,
): Promise<RunRecord> {
  const mended = existing && (await acceptMended(existing, present, folder));
  return goOnFrom(mended, present, extend);
}

/** A file whose shard was never finished may have been mended since. */
async function acceptMended(existing: RunRecord, present: RunRecord, folder: RunFolder): Promise<RunRecord> {
  const now = new Map(present.inputs.map((input) => [input.path, input]));
  const inputs = await Promise.all(
    existing.inputs.map(async (input, id) => {
      const mended = now.get(input.path);
      if (!mended || mended.fingerprint === input.fingerprint) return input;
      return (await readFinishedShard(folder.stats(id), id)) ? input : mended;
    }),
  );
  return { ...existing, inputs };
}
