import { createHash } from 'node:crypto';
import test from 'ava';
import { JSDOM } from 'jsdom';
import { renderReport } from '../../src/report/render.ts';
import type { ReportData, ReportSample } from '../../src/report/report-data.ts';
import { openPage } from './page.ts';
import { makeEmptyRun, makeSampleRun } from './sample-run.ts';

const HOSTILE = `</style></title><script>alert(1)</script><img src=x onerror='alert(2)'>"&amp;\u0000\uD800`;
/** As HTML 13.2.5 has it: what a page may not hold is replaced, all else comes back. */
const HARMLESS = HOSTILE.replace('\u0000', '\uFFFD').replace('\uD800', '\uFFFD');

const SAMPLE: ReportSample = {
  ...{
    bucket: '6',
    near: null,
    key: HOSTILE,
    score: 6.5,
    caption: HOSTILE,
    origin: HOSTILE,
    punsafe: null,
    pwatermark: null,
  },
  ...{
    width: 10,
    height: 20,
    kept: false,
    droppedBy: HOSTILE,
    mimeType: 'image/png',
    thumbnailBase64: 'AAAA',
  },
};

const NO_PACE = { bytes: 0, secondsPerAnswer: null, pauses: 0, longestPauseSeconds: 0 };

function hostileRun(): ReportData {
  const run = makeEmptyRun();
  return {
    ...run,
    title: HOSTILE,
    rows: { ...run.rows, total: 2, successes: 1, failedToDownload: 1 },
    droppedBy: [{ rule: HOSTILE, count: 1 }],
    missingTags: [{ tag: HOSTILE, count: 1 }],
    reasons: [{ reason: HOSTILE, status: HOSTILE, count: 1 }],
    samples: [SAMPLE],
    hosts: {
      listed: [
        { host: HOSTILE, rows: 1, successes: 0, reasons: [{ reason: HOSTILE, count: 1 }], ...NO_PACE },
      ],
      others: { rows: 1, successes: 1, reasons: [], ...NO_PACE },
    },
    buckets: run.buckets.map((bucket) => ({ ...bucket, count: Number(bucket.name === '6') })),
    provenance: {
      bowerbirdVersion: HOSTILE,
      sessions: [
        {
          startedAt: HOSTILE,
          endedAt: HOSTILE,
          command: HOSTILE,
          node: HOSTILE,
          platform: HOSTILE,
          provider: HOSTILE,
        },
      ],
      encoder: { name: HOSTILE, description: HOSTILE, digest: HOSTILE, dimension: 3, provider: HOSTILE },
      scoreSource: {
        encoder: { name: HOSTILE, description: HOSTILE },
        head: HOSTILE,
        takesPixels: false,
        column: HOSTILE,
        label: { transform: 'log1p', unit: HOSTILE },
        storedEmbeddings: false,
      },
      heads: [
        { tag: HOSTILE, name: HOSTILE, digest: HOSTILE, unproven: HOSTILE, layout: HOSTILE, label: HOSTILE },
      ],
      settings: [{ name: HOSTILE, value: HOSTILE }],
      inputs: [{ path: HOSTILE, format: HOSTILE, rows: 2, bytes: 3, fingerprint: HOSTILE }],
    },
  };
}

test('hostile text in every field of the data is text in the page', async (t) => {
  const markup = await renderReport(hostileRun());
  const page = new JSDOM(markup).window.document;
  t.is(page.querySelectorAll('script, style + style, [onerror], img:not([src^="data:"])').length, 0);
  t.is(page.querySelector('h1')!.textContent, HARMLESS);
  t.is(page.querySelector('.sample .caption')!.textContent, HARMLESS);
  t.true(page.querySelector('.sample img')!.getAttribute('alt')!.endsWith(HARMLESS));
  t.is(page.querySelector('.sessions code')!.textContent, HARMLESS);
  t.is(page.querySelector('table.reasons code')!.textContent, HARMLESS);
  t.is(page.querySelector('table.hosts bdi')!.textContent, HARMLESS);
  t.true(page.querySelector('table.hosts p')!.textContent.startsWith(HARMLESS));
  t.is(Buffer.from(markup).toString(), markup);
});

test('a scripting browser runs nothing of a hostile page', async (t) => {
  const { window } = new JSDOM(await renderReport(hostileRun()), { runScripts: 'dangerously' });
  window.alert = () => t.fail('a script ran');
  t.is(window.document.querySelectorAll('h1').length, 1);
});

test('the policy allows the one style sheet by its hash, embedded pictures, and nothing else', async (t) => {
  const page = await openPage(await makeSampleRun());
  const policy = page.querySelector('meta[http-equiv="Content-Security-Policy"]')!.getAttribute('content')!;
  const styles = [...page.querySelectorAll('style')];
  t.is(styles.length, 1);
  const hash = createHash('sha256').update(styles[0]!.textContent).digest('base64');
  t.deepEqual(policy.split('; '), [
    "default-src 'none'",
    'img-src data:',
    `style-src 'sha256-${hash}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  t.is(page.querySelectorAll('[style]').length, 0);
});

test('the page loads nothing and leads nowhere', async (t) => {
  const page = await openPage(await makeSampleRun());
  const addresses = [...page.querySelectorAll('*')].flatMap((element) =>
    ['src', 'href', 'xlink:href', 'srcset', 'action', 'data', 'poster', 'background'].flatMap(
      (name) => element.getAttribute(name) ?? [],
    ),
  );
  t.deepEqual(
    addresses.filter((address) => !/^(#[a-z]+|data:image\/webp;base64,[\w+/=]+)$/.test(address)),
    [],
  );
  t.is(page.querySelectorAll('link, script, iframe, object, embed, form, base').length, 0);
  t.notRegex(page.querySelector('style')!.textContent, /url\(|@import/);
  for (const { hash } of page.querySelectorAll('a')) t.truthy(page.getElementById(hash.slice(1)), hash);
});

test('URLs are shown as text, left to right, with their direction controls visible', async (t) => {
  const origin = 'https://example.org/\u202Egpj.exe';
  const page = await openPage({ ...hostileRun(), samples: [{ ...SAMPLE, origin }] });
  const shown = page.querySelector('.origin bdi')!;
  t.is(shown.getAttribute('dir'), 'ltr');
  t.is(shown.textContent, 'https://example.org/%u202Egpj.exe');
  t.is(page.querySelectorAll('.sample a').length, 0);
});

test('a thumbnail that is no picture or no base64 is not embedded', async (t) => {
  const samples = [
    { ...SAMPLE, mimeType: 'image/svg+xml' },
    { ...SAMPLE, mimeType: 'text/html' },
    { ...SAMPLE, thumbnailBase64: 'AA"AA' },
    { ...SAMPLE, thumbnailBase64: '' },
  ];
  const page = await openPage({ ...hostileRun(), samples });
  t.is(page.querySelectorAll('img').length, 0);
  t.is(page.querySelectorAll('.no-picture').length, samples.length);
});
