/**
 * Every error code that bowerbird can end with, and the exit code that goes with it
 * (2: bad usage or input, found before work starts; 1: the work itself failed).
 * docs/errors.md explains each; a test keeps the two lists the same.
 */
export const EXIT_CODES = {
  // cli
  BB_USAGE: 2,
  BB_REMOTE_PATH: 2,
  BB_INTERNAL: 1,
  BB_INTERRUPTED: 130,
  // base
  BB_OUT_OF_MEMORY: 2,
  BB_INSTALLATION: 2,
  BB_CHILD_START: 1,
  BB_CHILD_CRASHED: 1,
  BB_CHILD_TIMEOUT: 1,
  BB_CHILD_FAILED: 1,
  BB_DISK_FULL: 1,
  BB_TEMPORARY_FOLDER: 2,
  BB_OUTPUT_EXISTS: 2,
  BB_OUTPUT_UNFINISHED: 2,
  BB_OUTPUT_WRITE: 1,
  // samples
  BB_PROVENANCE_MIXED: 2,
  // shards
  BB_INPUT_NOT_FOUND: 2,
  BB_INPUT_UNREADABLE: 2,
  BB_INPUT_FORMAT: 2,
  BB_INPUT_EMPTY: 2,
  BB_INPUT_VALUE: 2,
  BB_COLUMN_MISSING: 2,
  BB_SCHEMA_MISMATCH: 2,
  BB_PAIR_MISMATCH: 2,
  BB_SHARD_READ: 1,
  BB_SHARD_WRITE: 1,
  // download
  BB_TOO_FEW_FILE_DESCRIPTORS: 2,
  BB_PROXY: 2,
  BB_CA_FILE: 2,
  // decode
  BB_DECODER_FAILED: 1,
  // weights
  BB_WEIGHTS_UNREADABLE: 2,
  BB_WEIGHTS_REFUSED: 2,
  BB_WEIGHTS_UNKNOWN: 2,
  BB_WEIGHTS_UNSTATED: 2,
  // models and embed
  BB_MODEL_UNKNOWN: 2,
  BB_MODEL_MANIFEST: 2,
  BB_MODEL_GOLDEN: 2,
  BB_MODEL_DIGEST: 2,
  BB_MODEL_GRAPH: 2,
  BB_MODEL_REGISTRY: 2,
  BB_MODEL_CACHE: 2,
  BB_MODEL_OFFLINE: 2,
  BB_MODEL_FETCH: 1,
  BB_DEVICE_UNAVAILABLE: 2,
  BB_ENCODER_BATCH_DEPENDENT: 2,
  BB_EMBED_FAILED: 1,
  // heads
  BB_HEAD_UNREADABLE: 2,
  BB_HEAD_REFUSED: 2,
  BB_HEAD_MISMATCH: 2,
  // pipeline
  BB_OUTPUT_FOLDER: 2,
  BB_RUN_CHANGED: 2,
  BB_RUN_LOCKED: 2,
  BB_RUN_UNFINISHED: 2,
  BB_OUTAGE: 1,
  BB_EMBEDDINGS_MISSING: 2,
  BB_RUN_CORRUPT: 1,
  BB_MERGE_REFUSED: 2,
  // store
  BB_STORE_NOT_FOUND: 2,
  BB_STORE_EMPTY: 2,
  BB_STORE_CORRUPT: 1,
  BB_STORE_EXISTS: 2,
  BB_STORE_LOCKED: 2,
  BB_STORE_ACCESS: 2,
  BB_STORE_CLUSTERED: 2,
  BB_SCORE_RANGE: 1,
  BB_HASH_INVALID: 2,
  // feedback
  BB_FEEDBACK_LOCKED: 2,
  // serve
  BB_LISTEN: 2,
  // subset
  BB_SUBSET_EXISTS: 2,
  BB_SUBSET_WHERE: 2,
  BB_SUBSET_FAILED: 1,
  BB_SUBSET_CORRUPT: 1,
} as const;

/** A stable error code. */
export type ErrorCode = keyof typeof EXIT_CODES;
