import type { ImageLimits } from '../decode/limits.ts';
import type { SaveOptions } from '../decode/save-options.ts';
import type { HostTable } from '../download/host-rules.ts';
import { PLAIN_VARIANT, type Variant } from '../models/convert/spec.ts';
import type { RetryRule } from '../runs/retry-rule.ts';
import type { HashType, KeptFacts } from '../samples/image-facts.ts';
import type { SavedSettings } from '../saved/settings.ts';
import type { RuleConfig } from '../scores/thresholds.ts';
import type { InputFormat, PictureFormat, TextOptions } from '../tables/formats.ts';

/** Everything that decides how a run of `score` goes, complete and checked. Times in ms, sizes in bytes. */
export interface ScoreConfig extends RuleConfig {
  readonly inputs: readonly string[];
  readonly outputFolder: string;
  readonly inputFormat?: InputFormat | PictureFormat;
  readonly text: TextOptions;
  readonly urlColumn?: string;
  readonly captionColumn?: string;
  readonly hashColumn?: string;
  /** The column of images in Parquet inputs. */
  readonly imageColumn?: string;
  readonly samplesPerShard: number;
  /** A name of an encoder, or the path of an ONNX file with its manifest. */
  readonly clipModel: string;
  /** A name of a head or a file; `auto` takes the one that comes with the encoder; `none` scores nothing. */
  readonly aestheticHead: string;
  readonly nsfwHead: string;
  readonly watermarkModel: string;
  /** Whether heads' scores take the place of the input's own punsafe and pwatermark. */
  readonly recomputeTags: boolean;
  readonly library: LibraryConfig;
  readonly transform: 'exact' | 'fast';
  readonly device: Device;
  readonly batchSize: number;
  /** Images in one batch of an image model that gives a tag. */
  readonly tagBatchSize: number;
  readonly allowBatchDependence: boolean;
  readonly saveEmbeddings: boolean;
  /** Keeps what hosts say of consent. */
  readonly saveConsent: boolean;
  /** What is kept of each image's file beside its pixels. */
  readonly keptFacts: KeptFacts;
  /** The digests that images must have. */
  readonly verifiedHash?: VerifiedHash;
  /** Columns of the input that go into the output beside those that play a part; all where absent. */
  readonly savedColumns?: readonly string[];
  /** Which images are saved, and how; none where absent. */
  readonly savedImages?: SavedImagesConfig;
  readonly incrementalMode: 'incremental' | 'overwrite' | 'extend';
  /** Passes over inputs that cannot be read, and goes on where one is damaged. */
  readonly skipBadFiles: boolean;
  /** Also takes up failed rows of finished shards: these. */
  readonly retry?: RetryRule;
  readonly download: DownloadConfig;
  /** How long a run may be paused while no host answers; 0 for never. */
  readonly outageLimitMs: number;
  readonly imageLimits: ImageLimits;
  readonly resources: ResourceConfig;
  /** The command as it was typed, for the report. */
  readonly commandLine: string;
}

/** How images are saved; as they came where nothing says how they are made anew. */
export interface SavedImagesConfig {
  readonly settings: SavedSettings;
  readonly remade?: SaveOptions;
}

/** Where models are looked for by their names. */
export interface LibraryConfig {
  /** A registry beside those that come with bowerbird. */
  readonly registryFile?: string;
  /** Fetches no model. */
  readonly offline: boolean;
  /** How weights are written as ONNX. */
  readonly variant: Variant;
}

/** A column of the input that holds digests of the images' bytes. */
export interface VerifiedHash {
  readonly column: string;
  readonly type: HashType;
}

export type Device = 'auto' | 'cpu' | 'cuda' | 'tensorrt' | 'webgpu';

/** How images are fetched. */
export interface DownloadConfig {
  readonly threadCount: number | 'auto';
  readonly perHost: number;
  readonly hosts?: HostTable;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly maxBytes: number;
  readonly userAgentToken: string;
  readonly userAgentContact?: string;
  readonly disallowedHeaderDirectives: readonly string[];
  /** Whether URLs are asked for only where robots.txt allows it. */
  readonly obeysRobots: boolean;
  /** Whether `tdm-reservation: 1` opts an image out. */
  readonly obeysTdm: boolean;
  readonly allowPrivateAddresses: boolean;
  /** Name servers; the system's where there are none. */
  readonly nameServers: readonly string[];
  /** A PEM file; '' for none. */
  readonly caFile: string;
  readonly tlsInsecure: boolean;
}

/** What a run may use of the machine; none of it changes a result. */
export interface ResourceConfig {
  readonly decodeProcesses: number;
  readonly encoderThreads: number;
  /** For loading the encoder, and at the most for one batch. */
  readonly encoderTimeoutMs: number;
  readonly memoryLimitMb: number;
  readonly maxBytesInFlight: number;
}

/** Runs of before there were these settings go on without them. */
function variantSettings({ precision, operators }: Variant): Readonly<Record<string, unknown>> {
  return {
    dtype: precision === PLAIN_VARIANT.precision ? null : precision,
    operators: operators === PLAIN_VARIANT.operators ? null : operators,
  };
}

/** Likewise. */
function factSettings({
  keptFacts,
  verifiedHash,
  savedColumns,
}: ScoreConfig): Readonly<Record<string, unknown>> {
  return {
    compute_hash: keptFacts.hash ?? null,
    verify_hash: verifiedHash ? [verifiedHash.column, verifiedHash.type] : null,
    extract_exif: keptFacts.exif || null,
    compute_phash: keptFacts.phash || null,
    save_additional_columns: savedColumns ?? null,
  };
}

/** Likewise, in img2dataset's names. */
function savedSettings({ savedImages }: ScoreConfig): Readonly<Record<string, unknown>> {
  const remade = savedImages?.remade;
  return {
    save_images: savedImages?.settings.rows ?? null,
    output_format: savedImages?.settings.outputFormat ?? null,
    resize_mode: remade?.resizeMode ?? null,
    image_size: remade && remade.resizeMode !== 'no' ? remade.sizePx : null,
    resize_only_if_bigger: remade?.onlyIfBigger || null,
    encode_format: remade?.format ?? null,
    encode_quality: remade?.quality ?? null,
    skip_reencode: remade?.skipReencode || null,
  };
}

/**
 * The settings that decide what is written, thresholds apart. A run folder is bound to them: `run.json` keeps them, and a rerun
 * with others is refused. What only decides how fast or how patiently (threads, timeouts, retries) may change.
 */
export function resultSettings(config: ScoreConfig): Readonly<Record<string, unknown>> {
  return {
    number_sample_per_shard: config.samplesPerShard,
    input_format: config.inputFormat ?? null,
    delimiter: config.text.delimiter ?? null,
    quote: config.text.quote ?? null,
    encoding: config.text.encoding ?? null,
    no_header: config.text.header === false,
    url_col: config.urlColumn ?? null,
    caption_col: config.captionColumn ?? null,
    hash_col: config.hashColumn ?? null,
    image_col: config.imageColumn ?? null,
    // Runs of before there was this setting go on without it.
    recompute_tags: config.recomputeTags || null,
    transform: config.transform,
    ...variantSettings(config.library.variant),
    batch_size: config.batchSize,
    save_embeddings: config.saveEmbeddings,
    save_consent: config.saveConsent,
    ...factSettings(config),
    ...savedSettings(config),
    max_bytes: config.download.maxBytes,
    max_image_area: config.imageLimits.maxAreaPx,
    max_image_side: config.imageLimits.maxSidePx,
    max_aspect_ratio: config.imageLimits.maxAspectRatio,
    max_pixels_per_byte: config.imageLimits.maxPixelsPerByte,
    min_image_size: config.imageLimits.minSidePx,
    user_agent_token: config.download.userAgentToken,
    disallowed_header_directives: config.download.disallowedHeaderDirectives,
    robots: config.download.obeysRobots ? 'respect' : 'ignore',
    tdm: config.download.obeysTdm ? 'respect' : 'ignore',
    allow_private_addresses: config.download.allowPrivateAddresses,
    tls_insecure: config.download.tlsInsecure,
  };
}
