import { BowerbirdError } from '../../base/errors.ts';

/** A file, or a folder, of a repository on the hub. */
export interface HubPlace {
  readonly kind: 'datasets' | 'models' | 'spaces';
  /** `ORG/NAME`, or `NAME` alone of the oldest ones. */
  readonly repository: string;
  /** A branch, tag or commit; `main` where none is named. */
  readonly revision: string;
  /** From the repository's root; '' for that. */
  readonly path: string;
}

const KINDS = ['datasets', 'models', 'spaces'] as const;
/** Revisions that hold a slash: `refs/convert/parquet`, `refs/pr/3`. */
const REFS = /^refs\/(?:convert\/[^/]+|pr\/\d+)/;

/**
 * Reads `hf://datasets/ORG/NAME@REVISION/PATH` as `huggingface_hub` does; without a kind the repository is of a model. In a revision
 * `/` may be written `%2F`.
 *
 * @throws BowerbirdError BB_REMOTE_PATH
 */
export function hubPlace(url: string): HubPlace {
  const parts = url.replace(/^hf:\/\//i, '').split('/');
  const kind = KINDS.find((each) => each === parts[0]) ?? 'models';
  const [owner = '', ...rest] = kind === parts[0] ? parts.slice(1) : parts;
  const named = [owner, ...rest].join('/');
  const [, repository, after] = /^([^/@]+\/[^/@]+)(.*)$/s.exec(named) ?? [];
  if (repository === undefined || after === undefined || (after !== '' && !/^[@/]/.test(after)))
    throw new BowerbirdError(
      'BB_REMOTE_PATH',
      `${url} names no repository: hf://datasets/ORG/NAME/PATH is what is read, or hf://datasets/ORG/NAME@REVISION/PATH.`,
      { fields: { path: url } },
    );
  if (!after.startsWith('@')) return { kind, repository, revision: 'main', path: after.slice(1) };
  const [revision = ''] = REFS.exec(after.slice(1)) ?? /^[^/]*/.exec(after.slice(1))!;
  return {
    kind,
    repository,
    revision: decodeURIComponent(revision),
    path: after.slice(1 + revision.length + 1),
  };
}

/** The URL that `hubPlace` reads so. */
export function hubUrl({ kind, repository, revision, path }: HubPlace): string {
  const at = revision === 'main' ? '' : `@${REFS.test(revision) ? revision : encodeURIComponent(revision)}`;
  return `hf://${kind === 'models' ? '' : `${kind}/`}${repository}${at}/${path}`;
}
