import { open } from 'node:fs/promises';
import { type ByteSource, ByteWindow } from './byte-window.ts';
import type { Listing } from './listing.ts';
import type { PictureRow } from './picture-row.ts';
import { TarSamples } from './tar-samples.ts';
import { type TarEnd, TarWalk } from './tar-walk.ts';

/** An archive that does not end as one. */
export class TarDamageError extends Error {
  readonly end: TarEnd;
  readonly memberCount: number;

  constructor(end: Exclude<TarEnd, { readonly kind: 'whole' }>, memberCount: number) {
    const what =
      end.kind === 'cut'
        ? 'it ends in the middle of a member'
        : 'no header of a member stands where one should';
    super(`${what}, at byte ${end.atByte}, after ${memberCount} members`);
    this.end = end;
    this.memberCount = memberCount;
  }
}

/** A tar archive that is listed. */
export interface TarFile {
  /** Of its bytes, unpacked. */
  readonly path: string;
  /** That it is known by: its members' paths begin with it. */
  readonly name: string;
  /** Whether the samples before a damage are taken, and the damage is a row that fails; else it is thrown. */
  readonly takesDamaged: boolean;
}

/**
 * The samples of a webdataset on this machine.
 *
 * @throws as `listTarOf`; errors of Node
 */
export async function* listTar(file: TarFile, listing: Listing): AsyncGenerator<PictureRow> {
  const handle = await open(file.path, 'r');
  try {
    const { size } = await handle.stat();
    yield* listTarOf(file, { bytes: new ByteWindow(handle), sizeBytes: size }, listing);
  } finally {
    await handle.close();
  }
}

/** An archive's bytes, wherever they lie. */
export interface TarBytes {
  readonly bytes: ByteSource;
  readonly sizeBytes: number;
}

/**
 * The samples of a webdataset: members that follow one another and have the same key, which is a name up to the first point
 * behind its last slash. Members without a point, folders, and names such as `__meta__` belong to none, as for the
 * webdataset library.
 *
 * @throws TarDamageError; what reading the bytes throws
 */
export async function* listTarOf(
  file: Omit<TarFile, 'path'>,
  { bytes, sizeBytes }: TarBytes,
  listing: Listing,
): AsyncGenerator<PictureRow> {
  const walk = await TarWalk.open(bytes, sizeBytes);
  listing.sizeBytes = sizeBytes;
  const samples = new TarSamples(file.name, bytes, listing);
  let memberCount = 0;
  for (let member = await walk.next(); member; member = await walk.next()) {
    memberCount++;
    yield* await samples.take(member);
  }
  yield* samples.finish();
  yield* endOf(walk.end!, { memberCount, hasCut: samples.hasCut }, file, listing);
}

interface Taken {
  readonly memberCount: number;
  /** Whether a row ends as the cut. */
  readonly hasCut: boolean;
}

function* endOf(
  end: TarEnd,
  { memberCount, hasCut }: Taken,
  file: Omit<TarFile, 'path'>,
  listing: Listing,
): Generator<PictureRow> {
  if (end.kind === 'whole') {
    if (!end.hasMark && memberCount > 0)
      listing.note(`${file.name} has no mark of its end: members may be missing.`);
    if (end.bytesBehind > 0)
      listing.note(
        `${file.name} has ${end.bytesBehind} bytes behind the mark of its end that are not read: another archive, or members behind a hole.`,
      );
    return;
  }
  const damage = new TarDamageError(end, memberCount);
  if (!file.takesDamaged) throw damage;
  listing.note(
    `${file.name} is damaged (${damage.message}): what lay behind is lost, and its samples are not counted.`,
  );
  if (end.kind === 'damaged') yield { path: file.name, fault: 'member_damaged' };
  // Where a sample was cut, its row says so; of a header, or of a member of no sample, none does.
  else if (!hasCut) yield { path: file.name, fault: 'member_cut' };
}
