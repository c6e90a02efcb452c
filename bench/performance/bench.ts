import type { PythonPeers } from '../support/python-peers.ts';

/** What a bench is run with. */
export interface Setting {
  /** An empty folder for what the bench makes; it goes when the bench has ended. */
  readonly folder: string;
  /** Packages that others have written; undefined where no Python was given. */
  readonly python: PythonPeers | undefined;
  /** Tells what must be stopped when the bench has ended. */
  readonly atEnd: (stop: () => Promise<void>) => void;
}

/** Something that is measured in rounds, and what it should come to. */
export interface Contest {
  /** The work, with its size. */
  readonly what: string;
  /** Unit of the figures, of which less is better: `CPU-s`, `CPU ms an image`. */
  readonly unit: string;
  /** One round of bowerbird's, in that unit. */
  readonly ours: () => number | Promise<number>;
  /** Whoever does the same work in the same run; left out where the goal is a figure, not a ratio. */
  readonly peer?: {
    readonly name: string;
    /** One round of theirs, in the same unit. */
    readonly theirs: () => number | Promise<number>;
  };
  /** The most that the ratio of ours to theirs should be, or our figure where there is no peer. */
  readonly goal?: number;
}

/** What cannot be measured here. */
export interface MissingContest {
  readonly what: string;
  /** What is missing, for a person who wants to get it. */
  readonly missing: string;
}

/** Some rows of docs/performance.md. */
export interface PerformanceBench {
  /** For `--only`. */
  readonly name: string;
  /** Makes what is needed, and gives what takes turns then. */
  readonly prepare: (setting: Setting) => Promise<readonly (Contest | MissingContest)[]>;
}
