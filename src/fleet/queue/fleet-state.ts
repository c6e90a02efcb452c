/** How far a plan is. */
export interface FleetState {
  readonly shards: number;
  readonly committed: number;
  /** Shards that no worker is given any more. */
  readonly failed: readonly number[];
  /** Whether the queue answers; what it has is 0 where it does not. */
  readonly isQueueUp: boolean;
  readonly waiting: number;
  readonly active: number;
}
