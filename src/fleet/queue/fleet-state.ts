/** How far a plan is. */
export interface FleetState {
  readonly shards: number;
  readonly committed: number;
  /** Shards that no worker is given any more. */
  readonly failed: readonly number[];
  readonly waiting: number;
  readonly active: number;
}
