import type { Store } from '../store/reader.ts';

/** What a server needs of a store. */
export type ScoreStore = Pick<Store, 'get' | 'getMany' | 'meta' | 'versionPath'>;
