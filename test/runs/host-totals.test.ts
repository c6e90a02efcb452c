import test from 'ava';
import fc from 'fast-check';
import { type HostList, HostTable, type HostTotals, isHostList } from '../../src/runs/host-totals.ts';

const scored = (rows: number): Partial<HostTotals> => ({ rows, successes: rows });
const failed = (rows: number): Partial<HostTotals> => ({ rows, reasons: { timed_out: rows } });

function rowsOf({ listed, others }: HostList): number {
  return listed.reduce((sum, { rows }) => sum + rows, others.rows);
}

test('what became of a host\u2019s rows adds up: counts, reasons, bytes, answers; of pauses the longest is kept', (t) => {
  const table = new HostTable();
  table.add('a.test', { ...scored(3), bytes: 300 });
  table.add('a.test', { rows: 2, reasons: { timed_out: 1, http_not_found: 1 } });
  const pace = { answers: 4, answer_seconds: 0.5, pauses: 1, longest_pause_seconds: 30 };
  table.add('a.test', { reasons: { timed_out: 1 }, rows: 1, pace });
  table.add('a.test', { pace: { ...pace, longest_pause_seconds: 9 } });
  t.deepEqual(table.list().listed, [
    {
      ...{ host: 'a.test', rows: 6, successes: 3, bytes: 300 },
      reasons: { http_not_found: 1, timed_out: 2 },
      pace: { answers: 8, answer_seconds: 1, pauses: 2, longest_pause_seconds: 30 },
    },
  ]);
});

test('fifty hosts are listed for their rows and fifty of the rest for their failures, the others are one sum', (t) => {
  const table = new HostTable();
  for (let i = 0; i < 50; i++) table.add(`large${i}.test`, scored(100 + i));
  for (let i = 0; i < 60; i++) table.add(`sound${i}.test`, scored(50));
  for (let i = 0; i < 60; i++) table.add(`failing${String(i).padStart(2, '0')}.test`, failed(3));
  table.add(undefined, failed(7));
  const { listed, others } = table.list();
  t.deepEqual(
    listed.map(({ host }) => host),
    [
      ...Array.from({ length: 50 }, (_, i) => `large${49 - i}.test`),
      ...Array.from({ length: 50 }, (_, i) => `failing${String(i).padStart(2, '0')}.test`),
    ],
  );
  t.like(others, { rows: 60 * 50 + 10 * 3 + 7, successes: 60 * 50, reasons: { timed_out: 10 * 3 + 7 } });
});

test('the list does not depend on the order in which rows ended', (t) => {
  const row = fc.record({ host: fc.nat({ max: 130 }), ok: fc.boolean(), reason: fc.boolean() });
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(row, { minLength: 100, maxLength: 400 }), fc.nat(), (rows, turn) => {
        const listOf = (some: typeof rows): string => {
          const table = new HostTable();
          for (const { host, ok, reason } of some)
            table.add(
              `h${host}`,
              ok ? scored(1) : { rows: 1, reasons: { [reason ? 'timed_out' : 'dns_failed']: 1 } },
            );
          return JSON.stringify(table.list());
        };
        const at = turn % rows.length;
        return listOf(rows) === listOf([...rows.slice(at), ...rows.slice(0, at)].reverse());
      }),
      { numRuns: 30, seed: 5 },
    ),
  );
});

test('lists of many shards are added up in bounded memory: large hosts keep their names, no row is lost', (t) => {
  const table = new HostTable(200);
  for (let shard = 0; shard < 30; shard++) {
    const part = new HostTable();
    part.add('large.test', scored(20));
    for (let i = 0; i < 60; i++) part.add(`small${shard}-${i}.test`, failed(1));
    table.merge(part.list());
  }
  const list = table.list();
  t.like(list.listed[0], { host: 'large.test', rows: 600, successes: 600 });
  t.is(rowsOf(list), 30 * 80);
  t.is(list.listed.length, 100);
});

test('of an earlier list what was seen of hosts can be taken without what became of rows', (t) => {
  const earlier = new HostTable();
  const pace = { answers: 2, answer_seconds: 1, pauses: 0, longest_pause_seconds: 0 };
  earlier.add('a.test', { ...failed(2), bytes: 10, pace });
  earlier.add(undefined, { ...failed(1), bytes: 5 });
  const table = new HostTable();
  table.add('a.test', scored(2));
  table.mergeSeen(earlier.list());
  const { listed, others } = table.list();
  t.like(listed[0], { rows: 2, successes: 2, reasons: {}, bytes: 10, pace });
  t.like(others, { rows: 0, reasons: {}, bytes: 5 });
});

test('a list counts as one where its rows are those of the shard', (t) => {
  const table = new HostTable();
  table.add('a.test', failed(2));
  table.add(undefined, scored(1));
  const list = table.list();
  t.true(isHostList(list, 3));
  t.false(isHostList(list, 4));
  const broken = [
    null,
    5,
    {},
    { listed: [] },
    { ...list, listed: [{ host: 'a.test', rows: 2 }] },
    { ...list, others: null },
  ];
  for (const value of broken) t.false(isHostList(value, 3), JSON.stringify(value));
});
