import type { AuditPageData } from '../../src/report/audit-page-data.ts';

/** An audit with all that a page can show; what it names is hostile. */
export function auditData(changes: Partial<AuditPageData> = {}): AuditPageData {
  const group = (name: string, kept: number, isOtherwise: boolean) => ({
    ...{ name, rows: 100, kept, low: kept / 100 - 0.05, high: kept / 100 + 0.05 },
    ...{ q: isOtherwise ? 0.0001 : 0.4, isOtherwise },
  });
  return {
    ...{ title: '<b>tags</b>', filter: 'aesthetic > 6', rows: 1000, kept: 300, failed: 3, tested: 5 },
    kinds: [
      {
        ...{ id: 'term', title: 'Words of captions', groups: 4, otherwise: 2, small: 7 },
        lists: [
          {
            title: 'Kept less, then kept more',
            groups: [group('<script>alert(1)</script>', 10, true), group('sunset', 60, true)],
          },
        ],
      },
      {
        ...{ id: 'host', title: 'Hosts', groups: 1, otherwise: 0, small: 0 },
        lists: [
          { title: 'The largest', groups: [group(`${'a-long-name.'.repeat(9)}example.org`, 30, false)] },
        ],
      },
      { ...{ id: 'size', title: 'Sizes', groups: 0, otherwise: 0, small: 2 }, lists: [] },
    ],
    ...{ command: "bowerbird audit '</code><script>'", bowerbirdVersion: '0.2.0' },
    ...changes,
  };
}
