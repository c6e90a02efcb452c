// Saves answers one after the other without end, and says the id of each on stdout once it is saved.
import { FeedbackWriter } from '../../src/feedback/writer.ts';

const [path, prefix] = process.argv.slice(2) as [string, string];
const writer = await FeedbackWriter.open(path);
for (let i = 0; ; i++) {
  const id = `${prefix}-${i}`;
  await writer.append([
    { id, question: 'aesthetic', rater: 'ada', mode: 'keep', answer: 'keep', sample: { key: String(i) } },
  ]);
  process.stdout.write(`${id}\n`);
}
