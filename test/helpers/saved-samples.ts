import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { ByteWindow } from '../../src/pictures/byte-window.ts';
import { TarWalk } from '../../src/pictures/tar-walk.ts';

/** What a run saved of its samples: the content of each part by the name that it has in an archive or a folder. */
export type SavedParts = Readonly<Record<string, Buffer>>;

/** The members of an archive, in their order. */
async function readArchive(path: string): Promise<SavedParts> {
  const handle = await open(path);
  try {
    const walk = await TarWalk.open(new ByteWindow(handle), (await handle.stat()).size);
    const parts: Record<string, Buffer> = {};
    for (let member = await walk.next(); member; member = await walk.next()) {
      const { buffer } = await handle.read(Buffer.alloc(member.bytes), 0, member.bytes, member.offset);
      parts[member.name] = buffer;
    }
    return parts;
  } finally {
    await handle.close();
  }
}

async function readFolder(path: string): Promise<SavedParts> {
  const names = (await readdir(path)).sort();
  const parts = names.map(async (name) => [name, await readFile(join(path, name))] as const);
  return Object.fromEntries(await Promise.all(parts));
}

/** All that lies in the archives and folders of a run's `images`, in the order of the shards. */
export async function readSaved(run: string): Promise<SavedParts> {
  const folder = join(run, 'images');
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts: SavedParts[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) parts.push(await readFolder(join(folder, entry.name)));
    else if (entry.name.endsWith('.tar')) parts.push(await readArchive(join(folder, entry.name)));
  }
  return Object.assign({}, ...parts) as SavedParts;
}

/** The rows of all tables in a folder of a run, in the order of the shards; columns of bytes as bytes. */
export async function readTables(run: string, folder: string): Promise<Record<string, unknown>[]> {
  const names = (await readdir(join(run, folder))).filter((name) => name.endsWith('.parquet')).sort();
  const tables = names.map(async (name) =>
    parquetReadObjects({
      file: await asyncBufferFromFile(join(run, folder, name)),
      compressors,
      utf8: false,
    }),
  );
  return (await Promise.all(tables)).flat();
}
