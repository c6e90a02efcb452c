import type { PageSaved, RecordResult } from '../../page-data.ts';

/** A line of feedback as it is sent. */
export type SentRecord = Readonly<Record<string, unknown>> & { readonly id: string };

/**
 * Answers on their way. Each lies in the browser's storage until the server has said that it is saved; what a page that is gone has left, this one
 * sends. Sent twice, it counts once.
 */
export class Outbox {
  readonly #mostAtOnce = 50;
  readonly #firstWaitMs = 250;
  readonly #mostWaitMs = 3000;
  readonly #prefix: string;
  readonly #onSaved: (saved: PageSaved, records: readonly SentRecord[]) => void;
  readonly #onTrouble: (what: string) => void;
  /** What lies in no storage, where the browser has none for us. */
  readonly #unstored = new Map<string, string>();
  #count = 0;
  #isSending = false;
  #waitMs = 0;
  #timer = 0;

  /** @param place of `PageState` */
  constructor(
    place: string,
    onSaved: (saved: PageSaved, records: readonly SentRecord[]) => void,
    onTrouble: (what: string) => void,
  ) {
    this.#prefix = `bowerbird-rate-${place}-`;
    this.#onSaved = onSaved;
    this.#onTrouble = onTrouble;
  }

  /** How many records are not saved yet, for all that is known. */
  get size(): number {
    return this.#keys().length;
  }

  put(record: SentRecord): void {
    const order = `${Date.now()}-${String(this.#count++).padStart(6, '0')}-${record.id}`;
    try {
      localStorage.setItem(this.#prefix + order, JSON.stringify(record));
    } catch {
      this.#unstored.set(this.#prefix + order, JSON.stringify(record));
    }
    this.send();
  }

  /** Sends what there is, now or as soon as what is being sent is done with. */
  send(): void {
    if (this.#isSending) return;
    clearTimeout(this.#timer);
    this.#isSending = true;
    this.#sendAll()
      .then(
        () => {
          this.#waitMs = 0;
          return '';
        },
        (thrown: Error) => {
          this.#waitMs = Math.min(this.#mostWaitMs, Math.max(this.#firstWaitMs, 2 * this.#waitMs));
          this.#timer = window.setTimeout(() => this.send(), this.#waitMs);
          return thrown.message;
        },
      )
      .then((trouble) => {
        this.#isSending = false;
        this.#onTrouble(trouble);
      })
      .catch(() => undefined);
  }

  async #sendAll(): Promise<void> {
    for (let keys = this.#keys(); keys.length > 0; keys = this.#keys()) {
      const sent = keys.slice(0, this.#mostAtOnce);
      const records = sent.flatMap((key) => this.#recordAt(key));
      const saved = await this.#post(records);
      for (const key of sent) this.#remove(key);
      this.#onSaved(saved, records);
    }
  }

  async #post(records: readonly SentRecord[]): Promise<PageSaved> {
    let answer: Response;
    try {
      answer = await fetch('/answers', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ records }),
      });
    } catch {
      throw new Error('The server is away. Answers are kept here and sent when it is back.');
    }
    if (answer.ok) return (await answer.json()) as PageSaved;
    if (answer.status === 401)
      throw new Error(
        'The server was started anew: open the address that it printed. Answers are kept here.',
      );
    const { error } = (await answer.json()) as { error: { message: string } };
    throw new Error(error.message);
  }

  #keys(): string[] {
    const stored: string[] = [];
    try {
      for (let i = 0; i < localStorage.length; i++) stored.push(localStorage.key(i) ?? '');
    } catch {
      // None of ours can be there.
    }
    return [...stored.filter((key) => key.startsWith(this.#prefix)), ...this.#unstored.keys()].sort();
  }

  #recordAt(key: string): SentRecord[] {
    const text = this.#unstored.get(key) ?? localStorage.getItem(key);
    // Another page of this browser may have sent it meanwhile.
    return text === null ? [] : [JSON.parse(text) as SentRecord];
  }

  #remove(key: string): void {
    if (!this.#unstored.delete(key)) localStorage.removeItem(key);
  }
}

/** Why a record was refused; '' where it was not. */
export function refusalOf(result: RecordResult): string {
  return typeof result === 'string' ? '' : result.refused;
}
