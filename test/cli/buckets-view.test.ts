import test from 'ava';
import { laionTable } from '../../src/cli/buckets-view.ts';
import { BUCKET_NAMES } from '../../src/scores/bucket-names.ts';

test("LAION's counts give LAION's line, as it was published for the images without a language", (t) => {
  const millions = [1.38, 15.25, 96.31, 237.04, 364.68, 338.19, 149.85, 26.99, 1.69, 0.02];
  const buckets = BUCKET_NAMES.map((bucket) => ({
    bucket,
    count: Math.round((millions[Number(bucket)] ?? 7) * 1e6),
    meanScore: null,
  }));
  t.is(
    laionTable(buckets),
    "{'0-1': '1.38M', '1-2': '15.25M', '2-3': '96.31M', '3-4': '237.04M', '4-5': '364.68M', '5-6': '338.19M', " +
      "'6-7': '149.85M', '7-8': '26.99M', '8-9': '1.69M', '9-10': '0.02M'}",
  );
});

test("LAION's line never says 0.00M of images that are there", (t) => {
  const lineOf = (counts: readonly number[]): string =>
    laionTable(
      BUCKET_NAMES.map((bucket) => ({ bucket, count: counts[Number(bucket)] ?? 0, meanScore: null })),
    );
  t.regex(lineOf([19, 0, 999_980]), /^{'0-1': '19', '1-2': '0', '2-3': '999980', /);
  t.regex(lineOf([4999, 5000, 2e6]), /^{'0-1': '4999', '1-2': '0.01M', '2-3': '2.00M', '3-4': '0.00M', /);
});
