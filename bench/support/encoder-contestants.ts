import { fileURLToPath } from 'node:url';
import { createEncoder } from '../../src/embed/encoder.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import type { EncoderLoopSettings, EncoderTurn } from '../encoder-loop-process.ts';
import type { EncoderWork } from './encoder-work.ts';
import { startLineProcess } from './line-process.ts';
import { childrenOf, cpuSecondsOf, scriptOf } from './processes.ts';

const WARM_UP_BATCHES = 2;

/** One way to make embeddings of the same batch of crops again and again. */
export interface EncoderContestant {
  readonly name: string;
  turn(batches: number): Promise<EncoderTurn>;
  stop(): Promise<void>;
}

/** The encoder as a run uses it: the wrapped graph in processes of its own. */
export async function bowerbird(work: EncoderWork, sessions: number): Promise<EncoderContestant> {
  const { crops, threads, device } = work;
  const files = await resolveEncoder(work.model);
  const encoder = await createEncoder({ files, device, batchSize: crops.length, threads, sessions });
  return {
    name: sessions === 1 ? 'bowerbird' : `bowerbird, ${sessions} sessions`,
    async turn(batches) {
      const all = Array.from({ length: batches }, () => crops).flat();
      const cpuBefore = modelCpuSeconds();
      const startedMs = performance.now();
      const rows = await encoder.embed(all);
      const seconds = (performance.now() - startedMs) / 1000;
      const row = [...rows.subarray(0, files.manifest.dimension)];
      return { seconds, cpuSeconds: modelCpuSeconds() - cpuBefore, row };
    },
    stop: () => encoder.stop(),
  };
}

/** CPU seconds of this process and of its encoders'. */
function modelCpuSeconds(): number {
  const workers = childrenOf(process.pid).filter((pid) => scriptOf(pid) === 'model-worker.js');
  return [process.pid, ...workers].reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
}

/** A session in a tight loop, in a process that does nothing else. */
export function sessionLoop(work: EncoderWork, graph: EncoderLoopSettings['graph']): EncoderContestant {
  const { model, threads, device } = work;
  const settings: EncoderLoopSettings = {
    ...{ model, threads, device, graph, crops: work.cropsFile, batchSize: work.crops.length },
  };
  const script = fileURLToPath(new URL('../encoder-loop-process.js', import.meta.url));
  return contestant(`session alone, ${graph} graph`, process.execPath, [script, JSON.stringify(settings)]);
}

/** torch with its fused attention. */
export function torchLoop(work: EncoderWork, python: string): EncoderContestant {
  const { weights, threads, device, precision: dtype } = work;
  const settings = {
    ...{ model: weights, crops: work.cropsFile, batchSize: work.crops.length, threads, dtype },
    device: device === 'cpu' ? 'cpu' : 'cuda',
  };
  const script = fileURLToPath(new URL('../../../bench/support/torch-encoder.py', import.meta.url));
  return contestant(`torch, ${dtype}`, python, [script, JSON.stringify(settings)]);
}

function contestant(name: string, command: string, args: readonly string[]): EncoderContestant {
  const child = startLineProcess(command, args);
  return {
    name,
    turn: async (batches) => (await child.ask({ batches })) as EncoderTurn,
    stop: () => child.stop(),
  };
}

/**
 * All contestants in turn, so many rounds, every second one in the opposite order: what ran just before is in the caches. The first
 * two batches of each are not counted: onnxruntime lays out its memory for a shape in the first run, and takes it in the second.
 */
export async function takeTurns(
  contestants: readonly EncoderContestant[],
  rounds: number,
  batches: number,
): Promise<ReadonlyMap<EncoderContestant, readonly EncoderTurn[]>> {
  const turns = new Map(contestants.map((one) => [one, [] as EncoderTurn[]]));
  for (const one of contestants) await one.turn(WARM_UP_BATCHES);
  for (let round = 0; round < rounds; round++)
    for (const one of round % 2 === 0 ? contestants : contestants.toReversed())
      turns.get(one)!.push(await one.turn(batches));
  return turns;
}

/** Holds the first rows of all contestants against each other. @throws Error where two have a cosine below `leastCosine` */
export function requireSameWork(turns: Iterable<readonly EncoderTurn[]>, leastCosine: number): void {
  const rows = [...turns].map(([first]) => unit(first!.row));
  const cosine = Math.min(...rows.map((row) => row.reduce((sum, value, i) => sum + value * rows[0]![i]!, 0)));
  if (!(cosine >= leastCosine)) throw new Error(`not the same work: a cosine of ${cosine}`);
}

function unit(row: readonly number[]): number[] {
  const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  return row.map((value) => value / norm);
}
