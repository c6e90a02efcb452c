import { quote } from '../../base/quote.ts';

/** Something that has a name, and the sha256 (hex) that tells it from all others. */
export interface NamedDigest {
  readonly name: string;
  readonly digest: string;
}

/** A head by its file, and by what it computes. */
export interface HeadIdentity extends NamedDigest {
  /**
   * sha256 (hex) of what it computes, which the same head has in another file, or with a manifest beside it. Older versions
   * did not state it.
   */
  readonly computes?: string;
}

/** What ran a model. */
export interface Runtime {
  /** `onnxruntime` */
  readonly name: string;
  readonly version: string;
  /** The execution provider: `cpu`, `cuda`, ... */
  readonly provider: string;
}

/** Settings by name, as the files that state them have them. */
export type Facts = Readonly<Record<string, string | number | readonly number[]>>;

/** An image model, how it was given pictures, and what ran it. */
export interface ModelOrigin {
  readonly model: NamedDigest;
  /** How crops are resized: `exact` or `fast`. Absent where that is not stated, as `crop` of older runs is. */
  readonly transform?: string;
  /** The crop that the model's manifest asks for. */
  readonly crop?: Facts;
  /** Of a classifier: which of its values is the score, and what makes a score of it. */
  readonly output?: Facts;
  /** All that ran it for the rows in question, as far as that is on record. */
  readonly runtimes: readonly Runtime[];
}

/** A score that a head gave of embeddings. */
export interface HeadOrigin {
  readonly from: 'head';
  readonly head: HeadIdentity;
  /** What made the embeddings; null where nothing states it. */
  readonly encoder: ModelOrigin | null;
  /** Set where embeddings were read back from files: in float16 they are rounded. */
  readonly stored?: true;
  /** Where scores were brought into the unit of a label: how (`transform`), and the unit. */
  readonly label?: Facts;
}

/** A score that an image model gave of the pixels. */
export interface PixelOrigin extends ModelOrigin {
  readonly from: 'model';
  /** As `HeadOrigin` has it. */
  readonly label?: Facts;
}

/** A score that stood in a file which does not say where it comes from, as those that LAION published. */
export interface ColumnOrigin {
  readonly from: 'column';
  /** The column's name. */
  readonly column: string;
  /** The fingerprint of the file (`InputIdentity`); absent where there are several. */
  readonly input?: string;
}

/** Where a score comes from. */
export type ScoreOrigin = HeadOrigin | PixelOrigin | ColumnOrigin;

/**
 * Whether scores of the two may stand beside each other as one score: the same head over the same model and crops, or
 * the same classifier. What ran the model is no part of it: providers and versions of a runtime differ in the last digits
 * (docs/adr/0016). What one of the two does not state of its crops is taken for the other's, and files that
 * say nothing are not told apart.
 */
export function isSameOrigin(a: ScoreOrigin, b: ScoreOrigin): boolean {
  if (a.from === 'column') return b.from === 'column';
  if (b.from === 'column' || !agree(a.label ?? {}, b.label ?? {})) return false;
  if (a.from === 'model') return b.from === 'model' && isSameModel(a, b);
  return b.from === 'head' && isSameHead(a.head, b.head) && isSameEncoder(a.encoder, b.encoder);
}

/** Whether two heads are the same file, or compute the same. */
export function isSameHead(a: HeadIdentity, b: HeadIdentity): boolean {
  return a.digest === b.digest || (a.computes !== undefined && a.computes === b.computes);
}

function isSameEncoder(a: ModelOrigin | null, b: ModelOrigin | null): boolean {
  return a === null || b === null ? a === b : isSameModel(a, b);
}

/** Whether crops and values of the two are the same. */
export function isSameModel(a: ModelOrigin, b: ModelOrigin): boolean {
  return (
    a.model.digest === b.model.digest &&
    agree(a.transform, b.transform) &&
    agree(a.crop, b.crop) &&
    agree(a.output, b.output)
  );
}

function agree(a: Facts | string | undefined, b: Facts | string | undefined): boolean {
  return a === undefined || b === undefined || textOf(a) === textOf(b);
}

function textOf(facts: Facts | string): string {
  if (typeof facts === 'string') return facts;
  return JSON.stringify(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** All origins of some lists, each once, in an order that does not depend on theirs. */
export function uniteOrigins(lists: Iterable<readonly ScoreOrigin[]>): ScoreOrigin[] {
  const united: ScoreOrigin[] = [];
  for (const list of lists) {
    for (const origin of list) {
      const place = united.findIndex((other) => isSameOrigin(other, origin));
      if (place < 0) united.push(origin);
      else if (united[place] !== origin) united[place] = uniteTwo(united[place]!, origin);
    }
  }
  return united
    .map((origin) => ({ origin, text: JSON.stringify(origin) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ origin }) => origin);
}

/** One origin of two that are the same. */
function uniteTwo(a: ScoreOrigin, b: ScoreOrigin): ScoreOrigin {
  if (a.from === 'head' && b.from === 'head') {
    const encoder = a.encoder && b.encoder && uniteModels(a.encoder, b.encoder);
    return {
      ...a,
      head: uniteHeads(a.head, b.head),
      encoder,
      ...((a.stored || b.stored) && { stored: true as const }),
    };
  }
  if (a.from === 'model' && b.from === 'model') {
    return { from: 'model', ...uniteModels(a, b), ...(a.label && { label: a.label }) };
  }
  if (a.from === 'column' && b.from === 'column' && a.input !== b.input) {
    // Of many files the first name will do: they say themselves which they are.
    return { from: 'column', column: [a.column, b.column].sort()[0]! };
  }
  return a;
}

/** One of two that are the same head: what states more, or else comes first. */
function uniteHeads(a: HeadIdentity, b: HeadIdentity): HeadIdentity {
  if ((a.computes === undefined) !== (b.computes === undefined)) return a.computes === undefined ? b : a;
  return JSON.stringify(b) < JSON.stringify(a) ? b : a;
}

/** One of two that are the same model. */
export function uniteModels(a: ModelOrigin, b: ModelOrigin): ModelOrigin {
  const [transform, crop, output] = [a.transform ?? b.transform, a.crop ?? b.crop, a.output ?? b.output];
  const runtimes = new Map([...a.runtimes, ...b.runtimes].map((one) => [JSON.stringify(one), one]));
  const names = [...runtimes.keys()].sort();
  return {
    model: a.model,
    ...(transform !== undefined && { transform }),
    ...(crop && { crop }),
    ...(output && { output }),
    runtimes: names.map((name) => runtimes.get(name)!),
  };
}

const SHOWN_DIGITS = 12;

/** Origins in words; with their settings where names and digests alone do not tell them apart. */
export function describeOrigins(origins: readonly ScoreOrigin[]): string[] {
  const short = origins.map((origin) => describe(origin, false));
  const areApart = new Set(short).size === short.length;
  return areApart ? short : origins.map((origin) => describe(origin, true));
}

function describe(origin: ScoreOrigin, isWhole: boolean): string {
  if (origin.from === 'column') return 'a file that does not say where its scores come from';
  const label = isWhole && origin.label ? `, label ${factWords(origin.label)}` : '';
  if (origin.from === 'model') return `the image model ${modelWords(origin, isWhole)}${label}`;
  const { head, encoder } = origin;
  const embeddings = encoder
    ? `embeddings of ${modelWords(encoder, isWhole)}`
    : 'embeddings of which nothing states the encoder';
  return `the head ${named(head)} on ${embeddings}${label}`;
}

function modelWords({ model, transform, crop, output }: ModelOrigin, isWhole: boolean): string {
  const facts = [
    ...(transform === undefined ? [] : [`${plain(transform)} transform`]),
    ...(crop && isWhole ? [`crop ${factWords(crop)}`] : []),
    ...(output && isWhole ? [`output ${factWords(output)}`] : []),
  ];
  return [named(model), ...facts].join(', ');
}

function named({ name, digest }: NamedDigest): string {
  return `${quote(name)} (sha256 ${plain(digest).slice(0, SHOWN_DIGITS)})`;
}

function factWords(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, value]) => plain(`${name} ${Array.isArray(value) ? value.join('/') : value}`))
    .join(', ');
}

/** Text from a file as `quote` has it, without the quotes. */
function plain(text: string): string {
  return quote(text).slice(1, -1);
}
