import { basename, resolve } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import { renderReport } from '../report/render.ts';
import type {
  ReportData,
  ReportHead,
  ReportHosts,
  ReportHostTotals,
  ReportSample,
} from '../report/report-data.ts';
import { type FailureReason, REASONS } from '../samples/reasons.ts';
import { bucketOf } from '../scores/bucket-names.ts';
import { DROP_RULES } from '../scores/filter.ts';
import { headNotes, type RecordedHead } from './head-record.ts';
import type { HostList, HostTotals } from './host-totals.ts';
import type { MergedRun } from './merge.ts';
import type { Repeats } from './repeats.ts';
import { reportThresholds, scoreSourceOf, uncheckedOf } from './result-facts.ts';
import type { RunFolder } from './run-folder.ts';
import type { RunRecord } from './run-record.ts';
import type { ReportThumbnail } from './thumbnails.ts';

const SAMPLES_PER_BUCKET = 6;
const SAMPLES_PER_THRESHOLD_SIDE = 8;

/** Writes report.html: what a person looks at when a run is done. */
export async function writeReport(
  folder: RunFolder,
  record: RunRecord,
  merged: MergedRun,
  repeats: Repeats | undefined,
): Promise<void> {
  const data = { ...reportData(folder, record, merged), repeats: reportRepeats(repeats, merged.thumbnails) };
  await writeFileAtomic(folder.report, await renderReport(data));
}

function reportData(folder: RunFolder, record: RunRecord, merged: MergedRun): Omit<ReportData, 'repeats'> {
  const { counts, retried, buckets, histogram, meanCheck, paces, saved, hosts } = merged;
  return {
    title: basename(resolve(folder.publishedPath)),
    rows: {
      total: counts.count,
      successes: counts.successes,
      kept: counts.kept,
      failedToDownload: counts.failed_to_download,
      failedToResize: counts.failed_to_resize,
      failedToEmbed: counts.failed_to_embed,
    },
    droppedBy: DROP_RULES.map((rule) => ({
      rule,
      count: counts.dropped_by[rule] ?? 0,
    })),
    missingTags: Object.entries(counts.missing_tags).map(([tag, count]) => ({ tag, count })),
    unchecked: uncheckedOf(record, merged),
    reasons: (Object.entries(counts.reasons) as [FailureReason, number][]).map(([reason, count]) => ({
      reason,
      status: REASONS[reason],
      count,
    })),
    retried: Object.entries(retried).map(([reason, tried]) => ({ reason, ...tried })),
    thresholds: reportThresholds(record.thresholds),
    histogram: histogram.bins(),
    buckets: buckets.map(({ name, count, meanScore, rawMeanNorm, headOnMean }) => ({
      name,
      count,
      meanScore,
      rawMeanNorm,
      headOnMean,
    })),
    meanCheck: meanCheck ?? null,
    samples: chooseSamples(merged.thumbnails, record.thresholds.min_aesthetic),
    paces,
    saved: saved ?? null,
    hosts: hosts ? reportHosts(hosts) : null,
    provenance: provenanceOf(record),
  };
}

function reportRepeats(
  repeats: Repeats | undefined,
  thumbnails: readonly ReportThumbnail[],
): ReportData['repeats'] {
  if (!repeats) return null;
  const byKey = new Map(thumbnails.map((thumbnail) => [thumbnail.key, thumbnail]));
  const most = repeats.most.map(({ shownKey, ...picture }) => {
    const shown = byKey.get(shownKey ?? '');
    const sample = shown ? toSample(shown, bucketOf(shown.score), null) : null;
    return { ...picture, sample };
  });
  return { ...repeats, most };
}

function reportHosts({ listed, others }: HostList): ReportHosts {
  return {
    listed: listed.map(({ host, ...totals }) => ({ host, ...reportTotals(totals) })),
    others: reportTotals(others),
  };
}

function reportTotals({ rows, successes, reasons, bytes, pace }: HostTotals): ReportHostTotals {
  return {
    ...{ rows, successes, bytes },
    reasons: Object.entries(reasons).map(([reason, count]) => ({ reason, count })),
    secondsPerAnswer: pace.answers > 0 ? pace.answer_seconds / pace.answers : null,
    pauses: pace.pauses,
    longestPauseSeconds: pace.longest_pause_seconds,
  };
}

/** Some of each bucket, spread over the run, and those closest to the threshold on either side. */
function chooseSamples(thumbnails: readonly ReportThumbnail[], threshold: number | null): ReportSample[] {
  const byBucket = new Map<string, ReportThumbnail[]>();
  for (const thumbnail of thumbnails) {
    const bucket = bucketOf(thumbnail.score);
    byBucket.set(bucket, [...(byBucket.get(bucket) ?? []), thumbnail]);
  }
  const chosen = [...byBucket].flatMap(([bucket, list]) =>
    spread(list, SAMPLES_PER_BUCKET).map((thumbnail) => toSample(thumbnail, bucket, null)),
  );
  if (threshold === null) return chosen;
  const closest = [...thumbnails].sort(
    (a, b) => Math.abs(a.score - threshold) - Math.abs(b.score - threshold),
  );
  const side = (near: 'above' | 'below'): ReportSample[] =>
    closest
      .filter(({ score }) => score > threshold === (near === 'above'))
      .slice(0, SAMPLES_PER_THRESHOLD_SIDE)
      .map((thumbnail) => toSample(thumbnail, bucketOf(thumbnail.score), near));
  return [...chosen, ...side('above'), ...side('below')];
}

function spread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]!);
}

function toSample(thumbnail: ReportThumbnail, bucket: string, near: ReportSample['near']): ReportSample {
  const { key, score, caption, url, path, punsafe, pwatermark, width, height, kept } = thumbnail;
  return {
    ...{ bucket, near, key, score, caption, punsafe, pwatermark, width, height, kept },
    origin: path ?? url,
    droppedBy: thumbnail.dropped_by,
    mimeType: thumbnail.mime_type,
    thumbnailBase64: thumbnail.thumbnail_base64,
  };
}

function reportedHead(tag: string, head: RecordedHead, encoderDigest: string): ReportHead {
  const { unproven = null, layout = null, label = null } = headNotes(tag, head, encoderDigest);
  return { tag, name: head.name, digest: head.digest, unproven, layout, label };
}

function provenanceOf(record: RunRecord): ReportData['provenance'] {
  const { name, description, digest, dimension, provider } = record.encoder;
  const settings = Object.entries({ ...record.settings, ...record.thresholds });
  return {
    bowerbirdVersion: record.bowerbird_version,
    sessions: record.sessions.map((session) => ({
      startedAt: session.started_at,
      endedAt: session.ended_at,
      command: session.command,
      node: session.node,
      platform: session.platform,
      provider: session.provider,
    })),
    encoder: { name, description, digest, dimension, provider },
    scoreSource: scoreSourceOf(record),
    heads: Object.entries(record.heads).flatMap(([tag, head]) =>
      head ? [reportedHead(tag, head, digest)] : [],
    ),
    settings: settings.map(([setting, value]) => ({ name: setting, value: JSON.stringify(value) })),
    inputs: record.inputs,
  };
}
