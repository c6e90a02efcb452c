import { isObject, type JsonObject } from '../../base/json-object.ts';
import { isLabel, LABEL_RULE } from '../../samples/label.ts';
import { TAGS } from '../../samples/tags.ts';
import { SCORE_ACTIVATIONS, sizeProblems } from '../manifest-fields.ts';
import {
  listOf,
  matching,
  oneOf,
  problemsOf,
  type Rule,
  type Shape,
  text,
  triple,
  whole,
} from './field-rules.ts';
import { reservedNameProblems } from './reserved-names.ts';
import { ACTIVATIONS, HEAD_ACTIVATIONS, INTERPOLATIONS, KINDS, RESIZES } from './vocabulary.ts';

/** Words that stand for something else wherever a model is asked for. */
const RESERVED = ['builtin', 'auto', 'none'];

/** A name becomes a folder of the cache, so no part of it may lead elsewhere. */
const NAME_PATTERN = /^(?=.{1,128}$)[A-Za-z0-9][A-Za-z0-9._+@-]*(\/[A-Za-z0-9][A-Za-z0-9._+@-]*)*$/;

const NAME_WHAT = `letters, digits and . _ + @ - in parts parted by /, and none of ${RESERVED.join(', ')}`;

const name: Rule = (value) =>
  RESERVED.includes(value as string) ? NAME_WHAT : matching(NAME_PATTERN, NAME_WHAT)(value);

/** Relative, and never up. */
const filePath = matching(
  /^(?=.{1,512}$)[A-Za-z0-9_][A-Za-z0-9._+-]*(\/[A-Za-z0-9_][A-Za-z0-9._+-]*)*$/,
  'a path of letters, digits and . _ + - that leads nowhere else',
);

const fileName = matching(
  /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}$/,
  'a file name of letters, digits and . _ + -',
);

const url: Rule = (value) => {
  const what = 'an http or https URL without a user name, a query or a fragment';
  if (typeof value !== 'string' || !/^https?:\/\/[^\s?#@\\]{1,2000}$/.test(value) || !URL.canParse(value))
    return what;
  return fileName(decodedFileName(value)) === undefined
    ? undefined
    : `${what}, which ends with a plain file name`;
};

const FACTS_OF_FILE = {
  size_bytes: whole(1, 2 ** 40),
  sha256: matching(/^[0-9a-f]{64}$/, '64 hexadecimal digits'),
} as const;

const HUB_FILE: Shape = {
  required: {
    hub: matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/, 'owner/name'),
    revision: matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'a commit, tag or branch'),
    path: filePath,
  },
  optional: FACTS_OF_FILE,
};

const URL_FILE: Shape = { required: { url }, optional: FACTS_OF_FILE };

const file: Rule = (value) => {
  if (!isObject(value)) return 'an object with a url, or with hub, revision and path';
  const [problem] = problemsOf(value, 'url' in value ? URL_FILE : HUB_FILE);
  return problem && `a file: it ${problem}`;
};

/** Each under another name, as they lie in one folder, on disks too that do not tell case apart. */
const files: Rule = (value) => {
  const problem = listOf(file, 1, 64)(value);
  if (problem !== undefined) return problem;
  const names = (value as JsonObject[]).map((one) => nameOfFile(one).toLowerCase());
  return new Set(names).size === names.length ? undefined : 'a list of files of different names';
};

const COMMON = {
  required: { name, kind: oneOf(KINDS), description: text(200), licence: text(200), files },
  optional: {
    aliases: listOf(name, 0, 32),
    page: matching(/^https:\/\/[^\s]{1,500}$/, 'an https URL'),
  },
} as const satisfies Shape;

const IMAGE: Shape = {
  required: {
    input_size: whole(1, 4096),
    transform: oneOf(RESIZES),
    interpolation: oneOf(INTERPOLATIONS),
    mean: triple(Number.NEGATIVE_INFINITY),
    std: triple(0),
    activation: oneOf(ACTIVATIONS),
  },
  optional: { resize_size: whole(1, 4096) },
};

const label: Rule = (value) => (isLabel(value) ? undefined : LABEL_RULE);

const HEAD_MANIFEST: Shape = {
  required: {},
  optional: {
    unit_norm: oneOf([true, false]),
    label,
    activation: oneOf(['none', 'sigmoid']),
    hidden_activation: (value) =>
      Array.isArray(value)
        ? value.length <= 64 && value.every((item) => HEAD_ACTIVATIONS.includes(item))
          ? undefined
          : `a list of ${HEAD_ACTIVATIONS.join(' and ')}`
        : oneOf(HEAD_ACTIVATIONS)(value),
  },
};

const headManifest: Rule = (value) => {
  if (!isObject(value)) return 'an object';
  const [problem] = problemsOf(value, HEAD_MANIFEST);
  return problem && `a manifest: it ${problem}`;
};

const SHAPES: Readonly<Record<(typeof KINDS)[number], Shape>> = {
  encoder: {
    required: { ...COMMON.required, ...IMAGE.required, dimension: whole(1, 65_536) },
    optional: {
      ...COMMON.optional,
      ...IMAGE.optional,
      attention_heads: whole(1, 1024),
      output: text(200),
      aesthetic_head: name,
    },
  },
  head: {
    required: { ...COMMON.required, tag: oneOf(TAGS), encoder: name },
    optional: { ...COMMON.optional, manifest: headManifest },
  },
  'tag-model': {
    required: {
      ...COMMON.required,
      ...IMAGE.required,
      tag: oneOf(TAGS),
      output_index: whole(0, 65_535),
      output_activation: oneOf(SCORE_ACTIVATIONS),
    },
    optional: { ...COMMON.optional, ...IMAGE.optional, label },
  },
};

/** What is wrong with an entry of a registry, a phrase each. */
export function problemsOfEntry(raw: unknown): string[] {
  if (!isObject(raw)) return ['is no object'];
  const shape = KINDS.includes(raw['kind'] as never) ? SHAPES[raw['kind'] as (typeof KINDS)[number]] : COMMON;
  const problems = problemsOf(raw, shape);
  return problems.length > 0
    ? problems
    : [
        ...sizeProblems(raw).map((problem) => `is wrong in its sizes: ${problem}`),
        ...labelProblems(raw),
        ...reservedNameProblems(raw, (raw['files'] as JsonObject[]).map(nameOfFile)),
      ];
}

/** As in a manifest: a label is one of scores that are no probabilities. */
function labelProblems({ kind, tag, label: stated, output_activation: activation }: JsonObject): string[] {
  return kind === 'tag-model' && stated !== undefined && (tag !== 'aesthetic' || activation !== 'none')
    ? ['has a label without the tag aesthetic and the output_activation none']
    : [];
}

/** The name of a file in the cache: the last part of its path or URL. */
export function nameOfFile(raw: JsonObject): string {
  return 'url' in raw ? decodedFileName(raw['url'] as string) : (raw['path'] as string).split('/').at(-1)!;
}

function decodedFileName(address: string): string {
  try {
    return decodeURIComponent(new URL(address).pathname.split('/').at(-1)!);
  } catch {
    return '';
  }
}
