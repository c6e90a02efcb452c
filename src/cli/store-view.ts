import { provenanceWords } from '../samples/provenance/mixing.ts';
import { provenanceJson } from '../samples/provenance/provenance.ts';
import type { StoreMetaFile } from '../store/meta.ts';
import { scoresOfStore } from '../store/provenance.ts';
import { openStore, type Store } from '../store/reader.ts';

/** What a store holds and where it comes from, for a person or (one JSON object) for a machine. */
export async function describeStore(path: string, json: boolean): Promise<string> {
  const store = await openStore(path);
  try {
    return json ? describeJson(store) : describeText(store);
  } finally {
    await store.close();
  }
}

function sizeOf(store: Store): { bytes: number; bytesPerEntry: number } {
  const bytes = store.versions.reduce((sum, { meta }) => sum + meta.dataBytes, 0);
  return { bytes, bytesPerEntry: store.entryCount === 0 ? 0 : bytes / store.entryCount };
}

/** The newest version's `meta.json`, with what holds for all versions together. */
function describeJson(store: Store): string {
  const { bytes, bytesPerEntry } = sizeOf(store);
  const versions = store.versions.map(({ name, meta }) => ({
    name,
    entries: meta.entries,
    dataBytes: meta.dataBytes,
  }));
  return `${JSON.stringify({
    ...store.meta,
    version: store.versionPath,
    entries: store.entryCount,
    dataBytes: bytes,
    bytesPerEntry,
    versions,
    provenance: provenanceJson({ scores: scoresOfStore(metasOf(store)) }),
  })}\n`;
}

function metasOf({ versions }: Store): StoreMetaFile[] {
  return versions.map(({ meta }) => meta);
}

function describeText(store: Store): string {
  const { columns, precision } = store.meta;
  const { bytes, bytesPerEntry } = sizeOf(store);
  return [
    `version     ${store.versionPath}${store.versions.length > 1 ? `, a delta on ${store.versions.length - 1}` : ''}`,
    `entries     ${store.entryCount}`,
    `columns     ${columns.join(', ')} as ${precision}`,
    `size        ${bytes} bytes, ${bytesPerEntry.toFixed(2)} an entry`,
    ...provenanceWords(scoresOfStore(metasOf(store))).map(
      ([column, words]) => `${column.padEnd(11)} ${words}`,
    ),
    ...store.versions.flatMap(({ name, meta }) => describeVersion(name, meta)),
    '',
  ].join('\n');
}

function describeVersion(name: string, meta: StoreMetaFile): string[] {
  const { read, withoutScore, duplicates } = meta.rows;
  const withoutHash = meta.sources.reduce((sum, source) => sum + source.rowCount, 0) - read;
  const replaced = meta.base.length > 0 ? `, ${meta.replaced} of them in an older version too` : '';
  return [
    `${name.padEnd(11)} ${meta.entries} entries${replaced}, of ${read + withoutHash} rows; ${withoutHash} without a hash, ` +
      `${withoutScore} without a score, ${duplicates} duplicates`,
    `            made ${meta.createdAt} by bowerbird ${meta.toolVersion}, from ${meta.sources.length} files; checksum ${meta.checksum}`,
  ];
}
