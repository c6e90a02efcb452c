import test from 'ava';
import fc from 'fast-check';
import { TAGS } from '../../src/samples/tags.ts';
import { createFilter, type FilterOptions } from '../../src/scores/filter.ts';
import { firstFailure } from '../../src/subset/account.ts';
import { addCodes } from '../../src/subset/codes.ts';
import type { SubsetOptions } from '../../src/subset/options.ts';

/** Close to each other and to float32's rounding, so that scores lie on thresholds and right beside them. */
const number = fc.constantFrom(
  ...[Number.NaN, Number.NEGATIVE_INFINITY, -1, -0, 0, 0.5, 0.7, Math.fround(0.7), 7, 7 + 2 ** -50],
  Number.POSITIVE_INFINITY,
);
const threshold = fc.option(
  number.filter((value) => Number.isFinite(value)),
  { nil: undefined },
);

const question = fc.record({
  rows: fc.array(fc.record({ aesthetic: number, punsafe: number, pwatermark: number }), { minLength: 1 }),
  minAesthetic: threshold,
  maxPunsafe: threshold,
  maxPwatermark: threshold,
  missingTags: fc.constantFrom('drop' as const, 'keep' as const),
});

test('a subset judges a column at a time as the filter of a run judges a row at a time', (t) => {
  const seen = new Set<string | null>();
  fc.assert(
    fc.property(question, ({ rows, minAesthetic, maxPunsafe, maxPwatermark, missingTags }) => {
      const kind = minAesthetic === undefined ? 'all' : 'above';
      const selection = { name: 'all', kind, ...(minAesthetic !== undefined && { lower: minAesthetic }) };
      const options = {
        ...{ selections: [selection], maxPunsafe, maxPwatermark, missingTags },
        deduplicate: false,
      } as unknown as SubsetOptions;
      const codes = new Uint32Array(rows.length);
      for (const tag of TAGS)
        addCodes(
          codes,
          tag,
          Float64Array.from(rows, (row) => row[tag]),
          options,
        );
      const given = Object.entries({ minAesthetic, maxPunsafe, maxPwatermark }).filter(
        ([, value]) => value !== undefined,
      );
      const filter = createFilter({ missingTags, ...Object.fromEntries(given) } as FilterOptions);
      for (const [i, row] of rows.entries()) {
        const { droppedBy } = filter.judge(row);
        seen.add(droppedBy);
        if (firstFailure(codes[i]!, 0, options) !== droppedBy) return false;
      }
      return true;
    }),
    { seed: 1, numRuns: 500 },
  );
  t.is(seen.size, 7, 'each rule dropped a row, and one was kept');
});
