import type { Label } from '../samples/label.ts';
import type { ProbabilityTag } from '../samples/tags.ts';
import type { BucketName } from '../scores/bucket-names.ts';

/** Everything that the run page shows. Numbers are as the run counted them; nothing in here is trusted as HTML. */
export interface ReportData {
  readonly title: string;
  readonly rows: ReportRows;
  /** Rows dropped by the filter, by the first rule that failed, in the order in which rules are asked. */
  readonly droppedBy: readonly { readonly rule: string; readonly count: number }[];
  /** Scored rows without the tag, dropped or not. */
  readonly missingTags: readonly { readonly tag: string; readonly count: number }[];
  readonly unchecked: readonly Unchecked[];
  readonly reasons: readonly ReportReason[];
  /** Rows that were tried again after they had failed, in all sessions. */
  readonly retried: readonly ReportRetry[];
  readonly thresholds: ReportThresholds;
  /** Bins in order, scores in [from, to); the outermost may be infinite. */
  readonly histogram: readonly ReportBin[];
  /** Lowest first. */
  readonly buckets: readonly ReportBucket[];
  /** The largest |head on mean - mean score| over the buckets; null without a linear head. */
  readonly meanCheck: number | null;
  readonly samples: readonly ReportSample[];
  readonly paces: readonly ReportPace[];
  /** Saved images and their bytes; null where none are to be saved. */
  readonly saved: { readonly images: number; readonly bytes: number } | null;
  /** Rows by host; null where nothing was downloaded, or a part of the run does not tell. */
  readonly hosts: ReportHosts | null;
  /** Pictures that several rows have; null where the run computed nothing to tell them by. */
  readonly repeats: ReportRepeats | null;
  readonly provenance: ReportProvenance;
}

/** The states of all rows: successes and the three failures sum to the total. */
export interface ReportRows {
  readonly total: number;
  readonly successes: number;
  readonly kept: number;
  readonly failedToDownload: number;
  readonly failedToResize: number;
  readonly failedToEmbed: number;
}

/** Kept rows that no rule looked at for a tag. */
export interface Unchecked {
  readonly tag: ProbabilityTag;
  readonly rows: number;
  /** A rule asks for the tag, and passes rows without it. */
  readonly hasRule: boolean;
  /** Rows may have the tag: from a column of the input or from a head. */
  readonly hasSource: boolean;
}

/** Failed rows of one reason. */
export interface ReportReason {
  readonly reason: string;
  /** failed_to_download, failed_to_resize or failed_to_embed. */
  readonly status: string;
  readonly count: number;
}

/** Rows that had failed for one reason and were tried again; a row counts as often as it was. */
export interface ReportRetry {
  readonly reason: string;
  readonly rows: number;
  /** Those of these tries after which the row was scored. */
  readonly successes: number;
}

/** What the filter compared with; null where there was no such rule. */
export interface ReportThresholds {
  readonly minAesthetic: number | null;
  readonly maxPunsafe: number | null;
  readonly maxPwatermark: number | null;
  readonly missingTags: 'drop' | 'keep';
}

/** A bin of the score histogram. */
export interface ReportBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly kept: number;
}

/** A score bucket; all but name and count are null where it is empty. */
export interface ReportBucket {
  readonly name: BucketName;
  readonly count: number;
  readonly meanScore: number | null;
  readonly rawMeanNorm: number | null;
  readonly headOnMean: number | null;
}

/** A picture to show. */
export interface ReportSample {
  readonly bucket: string;
  /** On which side of the aesthetic threshold, for a row chosen because it is close to it; null for any other. */
  readonly near: 'above' | 'below' | null;
  readonly key: string;
  readonly score: number;
  readonly caption: string | null;
  /** Its path where it lies in a file, else its URL. */
  readonly origin: string | null;
  readonly punsafe: number | null;
  readonly pwatermark: number | null;
  /** Of the original, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly kept: boolean;
  readonly droppedBy: string | null;
  /** image/webp, image/jpeg or image/png. */
  readonly mimeType: string;
  readonly thumbnailBase64: string;
}

/** Pictures that several rows have. */
export interface ReportRepeats {
  /** The column of which they have the same value: `phash`, or a digest. */
  readonly by: string;
  /** Pictures that more than one row has, and the rows that have one of them. */
  readonly pictures: number;
  readonly rows: number;
  /** The most repeated first. */
  readonly most: readonly ReportRepeat[];
}

/** A picture that several rows have. */
export interface ReportRepeat {
  readonly rows: number;
  readonly kept: number;
  /** Of the first of its rows. */
  readonly key: string;
  readonly url: string | null;
  /** One of its rows, where the run kept its picture. */
  readonly sample: ReportSample | null;
}

/** When a shard was worked on (seconds since 1970), and the time that its rows spent in each stage. */
export interface ReportPace {
  readonly shardId: number;
  readonly rows: number;
  readonly successes: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Summed over all places of a stage that work side by side, so it may exceed the shard's own duration. */
  readonly stageSeconds: StageNumbers;
  /** How many places each stage had in the process that did the shard. With them the page tells how busy a stage was. */
  readonly stageSlots?: StageNumbers;
  /** That process, where several did the run. */
  readonly worker?: string;
}

/** Rows by host: some hosts by name, and the sum of all others. */
export interface ReportHosts {
  readonly listed: readonly (ReportHostTotals & { readonly host: string })[];
  readonly others: ReportHostTotals;
}

/** What became of the rows of a host, or of many. */
export interface ReportHostTotals {
  readonly rows: number;
  readonly successes: number;
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  /** Of the images as they came. */
  readonly bytes: number;
  /** From a request to the head of its answer, on average; null without an answer. */
  readonly secondsPerAnswer: number | null;
  /** Answers that asked for fewer requests. */
  readonly pauses: number;
  readonly longestPauseSeconds: number;
}

/** One number for each stage. */
export interface StageNumbers {
  readonly download: number;
  readonly decode: number;
  readonly embed: number;
  /** Of image models that give tags; absent where the run had none. */
  readonly tag?: number;
}

/** Where the numbers come from. */
export interface ReportProvenance {
  readonly bowerbirdVersion: string;
  readonly sessions: readonly ReportSession[];
  readonly encoder: {
    readonly name: string;
    readonly description: string;
    readonly digest: string;
    readonly dimension: number;
    readonly provider: string;
  };
  readonly scoreSource: ScoreSource;
  readonly heads: readonly ReportHead[];
  readonly settings: readonly { readonly name: string; readonly value: string }[];
  readonly inputs: readonly ReportInput[];
}

/** What the scores of a run come from. */
export interface ScoreSource {
  readonly encoder: { readonly name: string; readonly description: string };
  /** The aesthetic head's name; null without one. */
  readonly head: string | null;
  /** The head is an image model, which takes the pixels and no embedding. */
  readonly takesPixels: boolean;
  /** The column of the input that is taken where there is no head. */
  readonly column: string | null;
  /** What the head's scores stand for, where it says so. */
  readonly label: Label | null;
  /** The run read embeddings, and no images. */
  readonly storedEmbeddings: boolean;
}

/** A head, and what a person is to know about it. */
export interface ReportHead {
  readonly tag: string;
  readonly name: string;
  readonly digest: string;
  /** A sentence where nothing shows that it belongs to the encoder. */
  readonly unproven: string | null;
  /** A sentence where its layers were recognised, not stated. */
  readonly layout: string | null;
  /** A sentence where its scores are given in another unit too. */
  readonly label: string | null;
}

/** One start of the command; a resumed run has several. */
export interface ReportSession {
  /** ISO 8601. */
  readonly startedAt: string;
  /** Null where the process was ended before it could write it. */
  readonly endedAt: string | null;
  readonly command: string;
  readonly node: string;
  readonly platform: string;
  readonly provider: string;
}

/** An input file. */
export interface ReportInput {
  readonly path: string;
  readonly format: string;
  readonly rows: number;
  readonly bytes: number;
  readonly fingerprint: string;
}
