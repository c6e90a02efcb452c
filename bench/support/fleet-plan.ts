import type { PlannedRun } from '../../src/fleet/plan-file.ts';

/** A plan of so many shards, of which a queue asks for nothing but their numbers. */
export function plannedShards(count: number): PlannedRun {
  const shards = Array.from({ length: count }, (_, id) => ({ id, inputIndex: 0, firstRow: id, rowCount: 1 }));
  return { plan: { shards }, digest: String(count).padStart(64, '0') } as unknown as PlannedRun;
}

/** Of this process, since it began. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
