/** How far a plan is. */
export interface FleetState {
  readonly shards: number;
  readonly committed: number;
  /** Shards that no worker is given any more. */
  readonly failed: readonly number[];
  /** Whether the queue answers; what it has is 0 where it does not. */
  readonly isQueueUp: boolean;
  /** What keeps it from taking shards, in words for people. */
  readonly trouble: string | undefined;
  readonly waiting: number;
  readonly active: number;
}
