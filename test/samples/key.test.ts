import test from 'ava';
import { sampleKey, shardName } from '../../src/samples/key.ts';

// img2dataset: 10^ceil(log10(N)) * shard + index, zero-padded to ceil(log10(N)) + 5 digits.
function img2datasetKey(shardId: number, index: number, samplesPerShard: number): string {
  const digits = Math.ceil(Math.log10(samplesPerShard));
  return String(10 ** digits * shardId + index).padStart(digits + 5, '0');
}

for (const samplesPerShard of [1, 2, 10, 11, 1000, 10_000, 10_001, 100_000]) {
  test(`keys are img2dataset's at ${samplesPerShard} samples per shard`, (t) => {
    for (const shardId of [0, 7, 99_999, 123_456]) {
      const last = samplesPerShard - 1;
      for (const index of [0, Math.floor(last / 2), last]) {
        t.is(sampleKey(shardId, index, samplesPerShard), img2datasetKey(shardId, index, samplesPerShard));
      }
    }
  });
}

test('a shard name has five digits, or more where it needs more', (t) => {
  t.deepEqual([0, 42, 1_234_567].map(shardName), ['00000', '00042', '1234567']);
});
