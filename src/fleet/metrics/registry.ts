import { createRequire } from 'node:module';
import type { Registry } from 'prom-client';

/** What is known at one moment. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly values: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/**
 * A registry whose values are read anew whenever it is asked: what is counted is counted elsewhere, once.
 *
 * @param read gives the values of all metrics named in `described`, which are those of any reading
 */
export function registryOf(
  described: readonly Omit<Reading, 'values'>[],
  read: () => Promise<ReadonlyMap<string, Reading['values']>>,
): Registry {
  const { Registry, Gauge, Counter, collectDefaultMetrics } = library();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // One look serves all metrics of a scrape, which are collected at the same time.
  let reading: ReturnType<typeof read> | undefined;
  const once = (): ReturnType<typeof read> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  for (const { name, help, type } of described) {
    const fill = async (metric: Fillable): Promise<void> => {
      const values = (await once()).get(name) ?? [];
      metric.reset();
      for (const { labels, value } of values) metric.inc(labels, value);
    };
    const options = { name, help, labelNames: LABELS, registers: [registry] };
    if (type === 'gauge') new Gauge({ ...options, collect: fillThis(fill) });
    else new Counter({ ...options, collect: fillThis(fill) });
  }
  return registry;
}

/** What gauges and counters have in common. */
interface Fillable {
  reset(): void;
  inc(labels: Readonly<Record<string, string>>, value: number): void;
}

/** prom-client gives a metric to its collector as `this`. */
function fillThis(fill: (metric: Fillable) => Promise<void>): (this: Fillable) => Promise<void> {
  return function () {
    return fill(this);
  };
}

const LABELS: readonly string[] = ['worker', 'result', 'reason', 'state'];

/** CommonJS; only where metrics are asked for. */
function library(): typeof import('prom-client') {
  return createRequire(import.meta.url)('prom-client');
}
