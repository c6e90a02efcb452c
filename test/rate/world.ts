import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RateOptions } from '../../src/rate/options.ts';
import type { PageItem, PageItems, PageSaved } from '../../src/rate/page-data.ts';
import { type RunningRate, startRate } from '../../src/rate/rate.ts';
import type { Owner } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';

/** What people could put into a caption. */
export const HOSTILE =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>=1+1 ../../etc/passwd \u202egnp.exe';

/** Writes pictures into `pictures` of a folder, the first with a hostile caption. Gives the folder of pictures. */
export async function writePhotos(folder: string, count: number): Promise<string> {
  const photos = join(folder, 'photos');
  await mkdir(photos);
  for (let seed = 0; seed < count; seed++)
    await writeFile(join(photos, `${seed}.jpg`), await makePicture(seed));
  await writeFile(join(photos, '0.txt'), HOSTILE);
  return photos;
}

/** A page that is served, and how it is asked. */
export interface Served {
  readonly rate: RunningRate;
  readonly notes: string[];
  ask(path: string, init?: RequestInit): Promise<Response>;
  items(rater: string, count: number, held?: readonly string[]): Promise<readonly PageItem[]>;
  post(body: unknown): Promise<Response>;
  save(records: readonly unknown[]): Promise<PageSaved>;
}

/** Serves a source until the test ends, in this process. */
export async function serveRate(
  t: Owner,
  options: Pick<RateOptions, 'source' | 'feedback'> & Partial<RateOptions>,
): Promise<Served> {
  const notes: string[] = [];
  const rate = await startRate({
    ...{ host: '127.0.0.1', port: 0, question: 'aesthetic', mode: 'pair', seed: 7, repeatShare: 0 },
    ...{ memoryLimitMb: 256, threads: 1, maxBytes: 1_000_000, onNote: (note) => notes.push(note) },
    ...options,
  });
  t.teardown(() => rate.stop());
  const { origin, searchParams } = new URL(rate.url);
  const ask: Served['ask'] = (path, init) =>
    fetch(`${origin}${path}${path.includes('?') ? '&' : '?'}token=${searchParams.get('token')}`, init);
  const post: Served['post'] = (body) =>
    ask('/answers', {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    ...{ rate, notes, ask, post },
    items: async (rater, count, held = []) => {
      const query = new URLSearchParams({ rater, count: String(count), held: held.join(',') });
      return ((await (await ask(`/items?${query}`)).json()) as PageItems).items;
    },
    save: async (records) => (await (await post({ records })).json()) as PageSaved,
  };
}

/** An item answered, as the page sends it. */
export function answered(
  { samples, seed, swapped }: PageItem,
  id: string,
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const [first, second] = samples.map(({ name }) => name);
  const about = second ? { left: first, right: second, seed, swapped } : { sample: first };
  const mode = second ? 'pair' : 'rating';
  const answer = second ? 'left' : 7.5;
  return {
    ...{ v: 1, id, question: 'aesthetic', mode, answer, ...about },
    ...{ rater: 'ada', time: '2026-05-01T10:00:00.000Z', took_ms: 900, ...changes },
  };
}
