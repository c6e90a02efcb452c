import test from 'ava';
import type { ReportHosts, ReportHostTotals } from '../../src/report/report-data.ts';
import { cellsOf, openPage } from './page.ts';
import { makeEmptyRun, makeSampleRun } from './sample-run.ts';

const NOTHING: ReportHostTotals = {
  ...{ rows: 0, successes: 0, reasons: [], bytes: 0 },
  ...{ secondsPerAnswer: null, pauses: 0, longestPauseSeconds: 0 },
};

async function pageOf(hosts: ReportHosts | null): Promise<Document> {
  return openPage({ ...makeEmptyRun(), hosts });
}

test('the hosts with the most failures come first, with what they failed of, and all rows are accounted for', async (t) => {
  const run = await makeSampleRun();
  const page = await openPage(run);
  const cells = cellsOf(page, 'hosts');
  t.is(cells.length, 21);
  const rows = cells.map(([, count]) => Number(count!.replaceAll(',', '')));
  t.is(
    rows.reduce((a, b) => a + b, 0),
    run.rows.total,
  );
  const failures = cells.slice(0, 20).map(([, , count]) => Number(count!.replaceAll(',', '')));
  t.deepEqual(
    failures,
    [...failures].sort((a, b) => b - a),
  );
  t.regex(cells[20]![0]!, /^All others$/);
});

test('a host is said to be given up, to have asked for pauses, and how soon it answers', async (t) => {
  const reasons = [
    { reason: 'timed_out', count: 5 },
    { reason: 'host_unresponsive', count: 1295 },
    { reason: 'dns_failed', count: 1 },
    { reason: 'http_not_found', count: 1 },
  ];
  const dead = { ...NOTHING, host: 'dead.test', rows: 1302, reasons };
  const busy = { host: 'busy.test', rows: 8, successes: 8, reasons: [], bytes: 2_500_000 };
  const pace = { secondsPerAnswer: 0.25, pauses: 3, longestPauseSeconds: 90 };
  const page = await pageOf({ listed: [dead, { ...busy, ...pace }], others: NOTHING });
  const [first, second] = cellsOf(page, 'hosts');
  t.regex(
    first![0]!,
    /^dead\.test\s*host_unresponsive 1,295, timed_out 5, dns_failed 1, other reasons 1, given up$/,
  );
  t.deepEqual(first!.slice(1), ['1,302', '1,302', '100%', '\u2013', '\u2013']);
  t.regex(second![0]!, /^busy\.test\s*asked for a pause 3 times, for up to 1.min 30.s$/);
  t.deepEqual(second!.slice(1), ['8', '0', '0%', '2.5\u00A0MB', '250\u00A0ms']);
});

test('a run of which no host is told has no section on hosts', async (t) => {
  const page = await pageOf(null);
  t.is(page.querySelector('#hosts'), null);
  t.is(page.querySelector('a[href="#hosts"]'), null);
  t.truthy((await pageOf({ listed: [], others: NOTHING })).querySelector('#hosts .empty'));
});
