import { sharp } from '../../src/decode/sharp-library.ts';
import type {
  ReportData,
  ReportHosts,
  ReportPace,
  ReportRepeats,
  ReportSample,
} from '../../src/report/report-data.ts';
import { BUCKET_NAMES, type BucketName, bucketOf } from '../../src/scores/bucket-names.ts';
import { Histogram } from '../../src/scores/histogram.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';

const THRESHOLD = 5.5;
const CAPTIONS = [
  'Lighthouse at dusk, long exposure over a calm sea',
  'Vintage brass pocket watch on a walnut table, close up, soft window light, shallow depth of field, product photograph for an auction catalogue of 1998, lot 214, with its original box and papers',
  '\u0635\u0648\u0631\u0629 \u0644\u0645\u062F\u064A\u0646\u0629 \u0627\u0644\u0642\u0627\u0647\u0631\u0629 \u0639\u0646\u062F \u0627\u0644\u063A\u0631\u0648\u0628',
  null,
  'IMG_2041.JPG',
  '\u5C71\u306E\u4E0A\u306E\u96F2\u6D77 \u{1F5FB}',
];

/** Numbers of which neighbouring seeds have different ones from the first on. */
function spreadNumbers(seed: number): () => number {
  return randomNumbers(Math.imul(seed + 1, 2654435761) >>> 0);
}

/** A 160 px picture of a sky, a sun and some noise, as base64 of a WebP file. */
async function makeThumbnail(seed: number): Promise<string> {
  const random = spreadNumbers(seed);
  const hue = Math.floor(random() * 360);
  const [x, y, radius] = [20 + random() * 120, 20 + random() * 90, 8 + random() * 26];
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="160">
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="hsl(${hue},45%,38%)"/><stop offset="1" stop-color="hsl(${(hue + 50) % 360},65%,78%)"/></linearGradient>
    <rect width="160" height="160" fill="url(#sky)"/><circle cx="${x}" cy="${y}" r="${radius}" fill="hsl(${(hue + 30) % 360},90%,90%)"/>
    <path d="M0 160V${100 + random() * 40}L${40 + random() * 40} ${70 + random() * 40}L160 ${110 + random() * 30}V160Z" fill="hsl(${(hue + 200) % 360},30%,18%)"/></svg>`;
  const noise = { width: 160, height: 160, channels: 3 as const };
  const grain = Buffer.from(Uint8Array.from({ length: 160 * 160 * 3 }, () => 118 + random() * 20));
  const picture = sharp(Buffer.from(drawing)).composite([{ input: grain, raw: noise, blend: 'soft-light' }]);
  return (await picture.webp({ quality: 70 }).toBuffer()).toString('base64');
}

let sampleRun: Promise<ReportData> | undefined;

/** A run of 120,000 rows whose numbers all agree, with pictures. Made once per process. */
export function makeSampleRun(): Promise<ReportData> {
  sampleRun ??= buildSampleRun();
  return sampleRun;
}

async function buildSampleRun(): Promise<ReportData> {
  const random = spreadNumbers(7);
  const histogram = new Histogram();
  const sums = new Map(BUCKET_NAMES.map((name) => [name, { count: 0, scoreSum: 0 }]));
  const dropped = {
    aesthetic_missing: 0,
    aesthetic: 0,
    punsafe_missing: 0,
    punsafe: 0,
    pwatermark_missing: 0,
    pwatermark: 0,
  };
  let kept = 0;
  const successes = 91_204;
  for (let i = 0; i < successes; i++) {
    const score = 5.1 + 0.95 * normal(random);
    const rule = judge(score, random);
    if (rule) dropped[rule]++;
    else kept++;
    histogram.add(score, rule === null);
    const sum = sums.get(bucketOf(score))!;
    sum.count++;
    sum.scoreSum += score;
  }
  return {
    title: 'laion2b-en-aesthetic-part-00',
    rows: {
      total: 120_000,
      successes,
      kept,
      failedToDownload: 26_540,
      failedToResize: 2_240,
      failedToEmbed: 16,
    },
    droppedBy: Object.entries(dropped).map(([rule, count]) => ({ rule, count })),
    missingTags: [
      { tag: 'punsafe', count: dropped.punsafe_missing },
      { tag: 'pwatermark', count: 431 },
    ],
    unchecked: [],
    reasons: [
      { reason: 'http_not_found', status: 'failed_to_download', count: 11_204 },
      { reason: 'dns_not_found', status: 'failed_to_download', count: 7_630 },
      { reason: 'timed_out', status: 'failed_to_download', count: 4_411 },
      { reason: 'http_forbidden', status: 'failed_to_download', count: 2_902 },
      { reason: 'opted_out', status: 'failed_to_download', count: 393 },
      { reason: 'format_unsupported', status: 'failed_to_resize', count: 1_833 },
      { reason: 'image_broken', status: 'failed_to_resize', count: 407 },
      { reason: 'encoder_crashed', status: 'failed_to_embed', count: 16 },
    ],
    retried: [
      { reason: 'dns_failed', rows: 12, successes: 7 },
      { reason: 'timed_out', rows: 5_200, successes: 789 },
    ],
    thresholds: { minAesthetic: THRESHOLD, maxPunsafe: 0.5, maxPwatermark: 0.8, missingTags: 'drop' },
    histogram: histogram.bins(),
    buckets: BUCKET_NAMES.map((name) => describeBucket(name, sums.get(name)!)),
    meanCheck: 3.1e-7,
    samples: await makeSamples(),
    paces: makePaces(),
    saved: { images: 1234, bytes: 5_600_000 },
    hosts: makeHosts(successes),
    repeats: await makeRepeats(),
    provenance: makeProvenance(),
  };
}

const FAILURES = [
  'http_not_found',
  'timed_out',
  'host_unresponsive',
  'http_too_many_requests',
  'dns_not_found',
];

/** A hundred hosts, each smaller than the one before, and all others; all rows of the run are of one of them. */
function makeHosts(successes: number): ReportHosts {
  const listed = Array.from({ length: 100 }, (_, i) => {
    const rows = Math.round(6_000 / (i + 2));
    const failures = Math.round(rows * [0.02, 0.9, 0.2, 0, 1][i % 5]!);
    const split = i % 3 === 0 ? Math.floor(failures / 4) : 0;
    const reasons = [
      { reason: FAILURES[i % 5]!, count: failures - split },
      { reason: 'image_broken', count: split },
    ];
    return {
      ...{ host: `img${i}.cdn-of-a-shop-with-a-long-name.example.com`, rows, successes: rows - failures },
      ...{ reasons, bytes: 84_000 * (rows - failures) },
      ...{ secondsPerAnswer: i % 5 === 4 ? null : 0.05 * (i + 1) },
      ...{ pauses: i % 4 === 3 ? i : 0, longestPauseSeconds: i % 8 === 3 ? 60 : 0 },
    };
  });
  const told = listed.reduce(
    (sum, host) => ({ rows: sum.rows + host.rows, successes: sum.successes + host.successes }),
    {
      rows: 0,
      successes: 0,
    },
  );
  const others = { rows: 120_000 - told.rows, successes: successes - told.successes, bytes: 5_100_000_000 };
  return {
    listed,
    others: { ...others, reasons: [], secondsPerAnswer: 0.4, pauses: 12, longestPauseSeconds: 5 },
  };
}

/** A placeholder with a picture, and one whose rows the report has no picture of. */
async function makeRepeats(): Promise<ReportRepeats> {
  const [sample] = await makeSamples();
  const most = [
    { rows: 1_234, kept: 1_200, key: '00000000', url: 'https://example.com/removed.png', sample: sample! },
    { rows: 2, kept: 0, key: '00000100', url: null, sample: null },
  ];
  return { by: 'phash', pictures: 2, rows: 1_236, most };
}

/** A run without rows: everything is zero, null or an empty list. */
export function makeEmptyRun(): ReportData {
  return {
    title: 'empty',
    rows: { total: 0, successes: 0, kept: 0, failedToDownload: 0, failedToResize: 0, failedToEmbed: 0 },
    droppedBy: [],
    missingTags: [],
    unchecked: [],
    reasons: [],
    retried: [],
    thresholds: { minAesthetic: null, maxPunsafe: null, maxPwatermark: null, missingTags: 'drop' },
    histogram: new Histogram().bins(),
    buckets: BUCKET_NAMES.map((name) => ({
      name,
      count: 0,
      meanScore: null,
      rawMeanNorm: null,
      headOnMean: null,
    })),
    meanCheck: null,
    samples: [],
    paces: [],
    saved: null,
    hosts: null,
    repeats: null,
    provenance: { ...makeProvenance(), inputs: [] },
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function judge(
  score: number,
  random: () => number,
): 'aesthetic' | 'punsafe_missing' | 'punsafe' | 'pwatermark' | null {
  if (score <= THRESHOLD) return 'aesthetic';
  if (random() < 0.012) return 'punsafe_missing';
  if (random() < 0.03) return 'punsafe';
  return random() < 0.14 ? 'pwatermark' : null;
}

function describeBucket(
  name: BucketName,
  { count, scoreSum }: { count: number; scoreSum: number },
): ReportData['buckets'][number] {
  if (count === 0) return { name, count, meanScore: null, rawMeanNorm: null, headOnMean: null };
  return {
    name,
    count,
    meanScore: scoreSum / count,
    rawMeanNorm: 0.62 + 0.01 * Math.log10(count),
    headOnMean: scoreSum / count + 2e-7,
  };
}

async function makeSamples(): Promise<ReportSample[]> {
  const samples: ReportSample[] = [];
  for (const bucket of ['1', '2', '3', '4', '5', '6', '7', '8']) {
    for (let i = 0; i < 6; i++)
      samples.push(await makeSample(samples.length, Number(bucket) + 0.93 - i * 0.15, bucket, null));
  }
  for (let i = 0; i < 6; i++) {
    samples.push(await makeSample(samples.length, THRESHOLD + 0.001 * (i + 1), '5', 'above'));
    samples.push(await makeSample(samples.length, THRESHOLD - 0.001 * i, '5', 'below'));
  }
  return samples;
}

async function makeSample(
  seed: number,
  score: number,
  bucket: string,
  near: ReportSample['near'],
): Promise<ReportSample> {
  const byWatermark = score > THRESHOLD && seed % 5 === 4;
  const kept = score > THRESHOLD && !byWatermark;
  return {
    ...{ bucket, near, score, kept },
    key: String(seed * 7919).padStart(9, '0'),
    caption: CAPTIONS[seed % CAPTIONS.length]!,
    origin: `https://images.example.org/archive/2014/${seed}/${'a-rather-long-folder-name/'.repeat(seed % 4)}photo-${seed}.jpg?w=1200&h=800`,
    punsafe: seed % 11 === 3 ? null : 0.01 + (seed % 7) / 100,
    pwatermark: byWatermark ? 0.91 : 0.05 + (seed % 9) / 20,
    width: 1200,
    height: 800,
    droppedBy: kept ? null : byWatermark ? 'pwatermark' : 'aesthetic',
    mimeType: 'image/webp',
    thumbnailBase64: await makeThumbnail(seed + 1),
  };
}

/** Twelve shards of 10,000 rows, two at a time overlapping, with a night's pause in the middle. */
function makePaces(): ReportPace[] {
  return Array.from({ length: 12 }, (_, shardId) => {
    const startSeconds = 1_790_000_000 + shardId * 210 + (shardId >= 7 ? 30_000 : 0);
    return {
      ...{ shardId, rows: 10_000, successes: 7_600 + (shardId % 2), startSeconds },
      endSeconds: startSeconds + 225 + (shardId % 3) * 12,
      stageSeconds: { download: 9_800 + shardId * 120, decode: 190, embed: 201 },
      stageSlots: { download: 64, decode: 2, embed: 1 },
    };
  });
}

function makeProvenance(): ReportData['provenance'] {
  const command =
    "bowerbird score 'shards/part-0000{0..5}.parquet' --output-folder out/laion2b-en-aesthetic-part-00 --clip-model builtin --min-aesthetic 5.5 --thread-count 64";
  const session = { command, node: 'v20.19.4', platform: 'linux x64', provider: 'cpu' };
  return {
    bowerbirdVersion: '0.1.0',
    sessions: [
      { ...session, startedAt: '2026-09-21T14:13:20.000Z', endedAt: null },
      { ...session, startedAt: '2026-09-21T22:58:02.114Z', endedAt: '2026-09-21T23:24:51.902Z' },
    ],
    encoder: {
      name: 'builtin',
      description: 'photographic measures, not CLIP',
      digest: '0649e94b9f294055b8cca142f2d6654abc24b989b6fe33928da9251ceb5fa942',
      dimension: 60,
      provider: 'cpu',
    },
    scoreSource: {
      encoder: { name: 'builtin', description: 'photographic measures, not CLIP' },
      head: 'builtin',
      takesPixels: false,
      column: null,
      label: null,
      storedEmbeddings: false,
    },
    heads: [
      {
        tag: 'aesthetic',
        name: 'builtin',
        digest: 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184',
        unproven: null,
        layout: null,
        label: null,
      },
    ],
    settings: [
      { name: 'number_sample_per_shard', value: '10000' },
      { name: 'transform', value: '"exact"' },
      { name: 'batch_size', value: '32' },
      { name: 'user_agent_token', value: '"bowerbird"' },
      { name: 'disallowed_header_directives', value: '["noai","noimageai","noindex","none"]' },
    ],
    inputs: Array.from({ length: 6 }, (_, i) => ({
      path: `/data/laion/laion2B-en/part-0000${i}-5114fd87-297e-42b0-9d11-50f1df323dfa-c000.snappy.parquet`,
      format: 'parquet',
      rows: 20_000,
      bytes: 3_412_771 + i,
      fingerprint: (0x9f86d081884c7d65n + BigInt(i)).toString(16).repeat(4),
    })),
  };
}
