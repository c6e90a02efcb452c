import { arch, availableParallelism, platform } from 'node:os';
import type { Estimate } from '../estimate/estimate.ts';
import type { Figure } from '../estimate/figures.ts';
import { aligned } from './aligned-table.ts';

/** An estimate for a person. */
export function describeEstimate(estimate: Estimate): string {
  return [
    inputLines(estimate),
    rowLines(estimate),
    shareLines(estimate),
    runLines(estimate),
    unsaid(estimate),
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function inputLines({ input, sample }: Estimate): string[] {
  const scored = `${sample.rows} rows in ${sample.shards} ${isWhole(input, sample) ? 'shards: all of them' : 'stretches spread over the input'}`;
  return aligned([
    [
      'input',
      `${input.rows} rows of ${input.files} files (${bytes(input.bytes)}) in ${input.shards} shards of ${input.rowsPerShard} rows at most`,
    ],
    [
      'sample',
      `${scored}; ${seconds(sample.seconds)} of scoring after ${seconds(sample.startupSeconds)} of planning and loading, ` +
        `on this machine (${availableParallelism()} CPU cores, ${platform()} ${arch()})`,
    ],
  ]).map((line) => line.replace(/ {2,}/, '  '));
}

function isWhole(input: Estimate['input'], sample: Estimate['sample']): boolean {
  return sample.rows === input.rows;
}

function rowLines({ sample }: Estimate): string[] {
  const { perRow, files } = sample;
  const success = sample.shares['success']!.value;
  return aligned([
    ['measured', '', '95 % interval'],
    figureRow('rows per second', inverse(perRow.seconds), rate),
    figureRow('images scored per second', scaled(inverse(perRow.seconds), success), rate),
    ...(perRow.cpuSeconds
      ? [
          figureRow('CPU seconds per row', perRow.cpuSeconds, cpu),
          ...(success > 0
            ? [figureRow('CPU seconds per image scored', scaled(perRow.cpuSeconds, 1 / success), cpu)]
            : []),
        ]
      : []),
    figureRow('image bytes read per row', sample.imageBytesPerRow, bytes),
    figureRow('output bytes per row', files.rowFiles.bytesPerRow, bytes),
    ['output bytes per shard beside', bytes(files.rowFiles.bytesPerShard + files.fixedBytesPerShard), ''],
  ]);
}

function shareLines({ sample }: Estimate): string[] {
  return aligned([
    ['rows end as', '', '95 % interval'],
    ...Object.entries(sample.shares).map(([name, share]) => figureRow(name, share, percent)),
  ]);
}

function runLines({ run }: Estimate): string[] {
  const used =
    run.machinesUsed < run.machines ? ` (${run.machinesUsed} of ${run.machines} find a shard to do)` : '';
  const { dollars } = run;
  const money = [
    ...(dollars.machines ? [figureRow('dollars for machines', dollars.machines, dollar)] : []),
    ...(dollars.egress ? [figureRow('dollars for egress', dollars.egress, dollar)] : []),
    ...(dollars.puts === undefined ? [] : [['dollars for writing requests', dollar(dollars.puts), '']]),
    ...(dollars.total ? [figureRow('dollars of these together', dollars.total, dollar)] : []),
  ];
  return aligned([
    [
      `all rows on ${run.machines} ${run.machines === 1 ? 'machine' : 'machines'} like this${used}`,
      '',
      '95 % interval',
    ],
    figureRow('hours', run.hours, hours),
    figureRow('machine hours', run.machineHours, hours),
    ...(run.cpuHours ? [figureRow('CPU hours', run.cpuHours, hours)] : []),
    figureRow('image bytes read', run.downloadedBytes, bytes),
    figureRow('output', run.outputBytes, bytes),
    ['temporary space on each machine', bytes(run.temporaryBytes), ''],
    ['requests, output in object storage: writing', String(run.requests.puts), ''],
    ['requests, output in object storage: reading', String(run.requests.gets), ''],
    ['requests, output in object storage: deleting', String(run.requests.deletes), ''],
    ['leaving object storage: inputs', bytes(run.egressBytes.inputs), ''],
    figureRow('leaving object storage: output, fetched once', run.egressBytes.output, bytes),
    ...money,
  ]);
}

/** What no sample of this kind can say. */
const UNSAID: readonly string[] = [
  'Other machines, networks and hours of the day: the rates are those of this one, now.',
  'Hosts: the sample asks each a few times, a run for days. Hosts that throttle or ban, and --per-host where many rows are of one host, slow it down.',
  'Many machines: nobody has seen here how hosts, name servers, the network and a shared disk bear all of them at once.',
  'Caches: names that are looked up once, files that the system holds in memory: a run finds them warmer or colder.',
  'Luck other than that of which rows were taken: the intervals are of that alone.',
];

function unsaid({ run }: Estimate): string[] {
  const priced = run.dollars.total ? [] : ['Dollars: no price was given, and none is assumed.'];
  return ['What the sample does not say:', ...[...UNSAID, ...priced].map((line) => `  ${line}`)];
}

function figureRow(name: string, { value, interval }: Figure, write: (value: number) => string): string[] {
  return [name, write(value), interval ? `${write(interval.low)} to ${write(interval.high)}` : ''];
}

function inverse({ value, interval }: Figure): Figure {
  return {
    value: 1 / value,
    interval: interval && {
      low: 1 / interval.high,
      high: interval.low > 0 ? 1 / interval.low : Number.POSITIVE_INFINITY,
    },
  };
}

function scaled({ value, interval }: Figure, factor: number): Figure {
  return {
    value: value * factor,
    interval: interval && { low: interval.low * factor, high: interval.high * factor },
  };
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Of 1000, as prices are. */
function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${(value / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]!}`;
}

function rate(value: number): string {
  return value === Number.POSITIVE_INFINITY ? 'any' : value.toFixed(value < 100 ? 1 : 0);
}

function cpu(value: number): string {
  return value.toFixed(4);
}

function hours(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function dollar(value: number): string {
  return value.toFixed(2);
}

/** The same for a machine (schemas/estimate.schema.json): figures with their 95 % interval, null where there is none. */
export function estimateJson({ input, sample, run }: Estimate): object {
  const { perRow, files } = sample;
  return {
    input: {
      files: input.files,
      rows: input.rows,
      bytes: input.bytes,
      shards: input.shards,
      rows_per_shard: input.rowsPerShard,
    },
    sample: {
      rows: sample.rows,
      shards: sample.shards,
      successes: sample.successes,
      scoring_seconds: sample.seconds,
      startup_seconds: sample.startupSeconds,
      cpu_cores: availableParallelism(),
      seconds_per_row: figureJson(perRow.seconds),
      cpu_seconds_per_row: perRow.cpuSeconds ? figureJson(perRow.cpuSeconds) : null,
      image_bytes_per_row: figureJson(sample.imageBytesPerRow),
      output_bytes_per_row: figureJson(files.rowFiles.bytesPerRow),
      output_bytes_per_shard: files.rowFiles.bytesPerShard + files.fixedBytesPerShard,
      files_per_shard: files.count + 1,
      shares: Object.fromEntries(
        Object.entries(sample.shares).map(([name, share]) => [name, figureJson(share)]),
      ),
    },
    run: {
      machines: run.machines,
      machines_used: run.machinesUsed,
      hours: figureJson(run.hours),
      machine_hours: figureJson(run.machineHours),
      cpu_hours: run.cpuHours ? figureJson(run.cpuHours) : null,
      image_bytes: figureJson(run.downloadedBytes),
      output_bytes: figureJson(run.outputBytes),
      temporary_bytes_per_machine: run.temporaryBytes,
      requests: run.requests,
      egress_bytes: { inputs: run.egressBytes.inputs, output: figureJson(run.egressBytes.output) },
      dollars: {
        machines: run.dollars.machines ? figureJson(run.dollars.machines) : null,
        egress: run.dollars.egress ? figureJson(run.dollars.egress) : null,
        puts: run.dollars.puts ?? null,
        total: run.dollars.total ? figureJson(run.dollars.total) : null,
      },
    },
    not_said: UNSAID,
  };
}

function figureJson({ value, interval }: Figure): object {
  return { value, low: interval?.low ?? null, high: interval?.high ?? null };
}
