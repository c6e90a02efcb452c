import { ChildPool, type Frame } from '../base/child-pool.ts';
import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import { SharedBlocks } from '../base/shared-blocks.ts';
import type { TransformMode } from './crops.ts';
import type { AskedFacts } from './examine-image.ts';
import { DEFAULT_LIMITS, type ImageLimits } from './limits.ts';
import type { Decoded, DecodedToShare, DecodeFailure } from './outcome.ts';
import type { SaveOptions } from './save-options.ts';
import type { Transform } from './transform.ts';
import { WantedCrops } from './wanted-crops.ts';

export type { AskedFacts } from './examine-image.ts';
export type { Decoded } from './outcome.ts';

/** How to decode, and with how much of the machine. */
export interface DecoderOptions {
  /** A crop is made for each; what else their objects hold (a model's mean, say) is left aside. */
  readonly transforms: readonly Transform[];
  readonly mode: TransformMode;
  readonly processes: number;
  /** Images that one process works on at the same time. */
  readonly concurrencyPerProcess?: number;
  /** An image that takes longer costs its process and fails as decode_timeout. */
  readonly timeoutMs?: number;
  /** Images beyond them fail, each limit under its own reason, before they are decoded. */
  readonly limits?: Partial<ImageLimits>;
  /** What is asked of the files beside their pixels; nothing where absent. */
  readonly asked?: AskedFacts | undefined;
  /** How images are made that are saved in the place of the files; none are where absent. */
  readonly saving?: SaveOptions | undefined;
  /** Images whose crops may lie in memory that other processes read (`decodeToShare`); none by default. */
  readonly sharedImages?: number;
  /** Told of every process that ended by itself or was ended for taking too long. */
  readonly onCrash?: (error: BowerbirdError) => void;
}

/** Turns image files into the models' crops, in processes of its own. */
export interface Decoder {
  /**
   * Tries a picture of one pixel, so that a run does not begin with a decoder that cannot be started.
   *
   * @throws BowerbirdError BB_DECODER_FAILED
   */
  tryOut(): Promise<void>;
  /**
   * Decodes one image file, and resizes and crops it for each transform; equal transforms share one crop. Bad images
   * are values; only one that `stop` cut off is rejected.
   *
   * @param expected the digest that the file must have, in lower-case hexadecimal digits, where digests are verified
   */
  decode(bytes: Uint8Array, expected?: string): Promise<Decoded | DecodeFailure>;
  /** As `decode`, with the crops in a block of `blocks` where one is free. */
  decodeToShare(bytes: Uint8Array, expected?: string): Promise<DecodedToShare | DecodeFailure>;
  /** A WebP of a crop (RGB, square), which is stretched to a width and a height in pixels. */
  thumbnail(
    crop: Uint8Array,
    shape: { readonly width: number; readonly height: number },
  ): Promise<Uint8Array>;
  /** The file in which `decodeToShare` leaves crops, for the processes that take them; open until `stop`. */
  readonly blocks: number | undefined;
  /** Images waiting for a process. */
  readonly queued: number;
  /** The process ids of the decoder processes. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** What a decoder process is told at its start. */
export interface DecodeWorkerSettings {
  readonly transforms: readonly Transform[];
  readonly mode: TransformMode;
  readonly limits: ImageLimits;
  readonly asked?: AskedFacts | undefined;
  readonly saving?: SaveOptions | undefined;
}

/** What a decoder process is told of an image. */
export interface DecodeArguments {
  /** The digest that the file must have. */
  readonly expected?: string | undefined;
  /** Where the crops are to be written in the file of blocks; they are a part of the answer where absent. */
  readonly place?: number | undefined;
}

/** What a decoder process answers beside bytes, which are the crops where they are not in a block, and then what is saved. */
export type DecodeReply = (Omit<Decoded, 'crops'> | DecodeFailure) & { readonly isPlaced?: boolean };

const DEFAULT_TIMEOUT_MS = 30_000;
/** libuv's threads decode; each process has its own, so that they are not shared with DNS and files. */
const THREADS_PER_PROCESS = 4;
const script = new URL('./decode-worker.js', import.meta.url);

/** Starts the decoder processes. */
export function createDecoder(options: DecoderOptions): Decoder {
  const wanted = new WantedCrops(options.transforms);
  const blocks = openBlocks(options.sharedImages ?? 0, wanted.bytes);
  const pool = startPool(options, wanted.distinct, blocks?.descriptor);
  let stopping = false;
  const ask = async (parts: readonly Uint8Array[], args: DecodeArguments): Promise<Frame | DecodeFailure> => {
    try {
      return await pool.request({ op: 'decode', args: { ...args }, parts });
    } catch (thrown) {
      // An image whose process was stopped with the run has not failed: nothing is known about it.
      if (stopping) throw thrown;
      return toFailure(thrown);
    }
  };
  return {
    tryOut: () => tryOut(pool, wanted),
    async decode(bytes, expected) {
      const answer = await ask([bytes], { expected });
      return 'kind' in answer ? answer : toOutcome(answer, wanted);
    },
    async decodeToShare(bytes, expected) {
      const place = blocks?.take();
      const answer = await ask([bytes], { expected, place });
      // A process that was ended may have written to its block until then: that is not used again.
      if ('kind' in answer) return answer;
      const release = (): void => {
        if (place !== undefined) blocks?.giveBack(place);
      };
      const outcome = toOutcome(answer, wanted);
      if (outcome.kind === 'failed') {
        release();
        return outcome;
      }
      const isShared =
        blocks !== undefined &&
        place !== undefined &&
        (answer.header['values'] as DecodeReply).isPlaced === true;
      if (!isShared) return { ...outcome, release };
      return {
        ...outcome,
        crops: wanted.cut((start, length) => blocks.bytesAt(place + start, length)),
        release,
      };
    },
    async thumbnail(crop, { width, height }) {
      return (await pool.request({ op: 'thumbnail', args: { width, height }, parts: [crop] })).body;
    },
    blocks: blocks?.descriptor,
    get queued() {
      return pool.queued;
    },
    get pids() {
      return pool.pids;
    },
    async stop() {
      stopping = true;
      await pool.stop();
      blocks?.close();
    },
  };
}

/** A container's memory for files is 64 MiB where nothing else is said (Docker's --shm-size). */
const MAX_SHARED_BYTES = 48 * 1024 * 1024;

function openBlocks(images: number, bytesPerImage: number): SharedBlocks | undefined {
  const count = Math.min(images, Math.floor(MAX_SHARED_BYTES / bytesPerImage));
  return count > 0 ? SharedBlocks.open(bytesPerImage, count) : undefined;
}

function startPool(
  options: DecoderOptions,
  transforms: readonly Transform[],
  blocks: number | undefined,
): ChildPool {
  const { mode, asked, saving } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  return new ChildPool({
    name: 'decoder',
    script,
    settings: { transforms, mode, limits, asked, saving } satisfies DecodeWorkerSettings,
    env: { UV_THREADPOOL_SIZE: String(THREADS_PER_PROCESS) },
    size: options.processes,
    inFlightPerChild: options.concurrencyPerProcess ?? THREADS_PER_PROCESS,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    blocks,
    ...(options.onCrash ? { onCrash: options.onCrash } : {}),
  });
}

/** A PNG of one grey pixel. */
const ONE_PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
);

async function tryOut(pool: ChildPool, wanted: WantedCrops): Promise<void> {
  const failure = (problem: string, cause?: unknown): BowerbirdError =>
    new BowerbirdError(
      'BB_DECODER_FAILED',
      `The decoder failed at a picture of one pixel: ${problem} Reinstall sharp (npm rebuild sharp), or give the process more memory.`,
      { cause },
    );
  const reply = await pool.request({ op: 'tryOut', parts: [ONE_PIXEL] }).catch((thrown: unknown) => {
    throw failure(messageOf(thrown), thrown);
  });
  const outcome = toOutcome(reply, wanted);
  if (outcome.kind === 'failed') throw failure(`${outcome.reason}: ${outcome.message}.`);
}

/** The crops are views of the answer; none where it says that they lie in a block, and what is saved comes first then. */
function toOutcome({ header, body }: Frame, wanted: WantedCrops): Decoded | DecodeFailure {
  const { isPlaced, ...values } = header['values'] as DecodeReply;
  if (values.kind === 'failed') return values;
  const crops = isPlaced ? [] : wanted.cut((start, length) => body.subarray(start, start + length));
  const { saved } = values;
  const bytes = body.subarray(isPlaced ? 0 : wanted.bytes);
  return { ...values, crops, ...(saved && { saved: { ...saved, bytes } }) };
}

function toFailure(thrown: unknown): DecodeFailure {
  if (codeOf(thrown) === 'BB_CHILD_TIMEOUT')
    return { kind: 'failed', reason: 'decode_timeout', message: messageOf(thrown) };
  if (codeOf(thrown) === 'BB_CHILD_CRASHED')
    return {
      kind: 'failed',
      reason: 'decoder_crashed',
      message: 'The decoder process died twice of this image.',
    };
  throw thrown;
}
