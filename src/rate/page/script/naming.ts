import { element, plainText } from '../../../web/page-words.ts';
import type { PageItem, PageNaming } from '../../page-data.ts';

/** Under which name a picture is kept: the server says what becomes of a wish, so what is shown is what is saved. */
export class Naming {
  readonly #askMs = 120;
  readonly #retryMs = 500;
  readonly #dialog = element<HTMLDialogElement>('rename');
  readonly #input = element<HTMLInputElement>('stem');
  #item: PageItem | undefined;
  /** What was asked last: answers to what was asked before come to nothing. */
  #asked = 0;
  #timer = 0;
  /** The name that a person has chosen for the picture that is shown; '' for its own. */
  stem = '';
  /** Whether it is shown under which name the picture would be kept. */
  isNamed = false;

  constructor() {
    element('rename-form').addEventListener('submit', () => this.propose(this.#input.value.trim()));
    element('rename-away').addEventListener('click', () => {
      this.#dialog.close();
      this.propose('');
    });
    this.#input.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(
        () => this.#write('renamed-file', this.#input.value.trim()),
        this.#askMs,
      );
    });
    this.#dialog.addEventListener('close', () => this.propose(this.stem));
  }

  /** Another picture is shown, or none. */
  show(item: PageItem | undefined): void {
    if (item === this.#item && item !== undefined) return;
    this.#item = item;
    element('facts').textContent = item?.facts ?? '';
    this.propose('');
  }

  /** Wishes for a name. */
  propose(stem: string): void {
    this.stem = stem;
    this.isNamed = false;
    this.#write('file', stem);
  }

  /** What became of the last answers: a name may be taken now, or free. */
  tell(said: string | undefined): void {
    if (said === undefined) return;
    element('said').textContent = plainText(said);
    if (!this.#dialog.open) this.#write('file', this.stem);
  }

  ask(): void {
    if (!this.#item) return;
    this.#input.value = this.stem === '' ? this.#stemOf(element('file').textContent ?? '') : this.stem;
    element('renamed-file').textContent = element('file').textContent;
    this.#write('renamed-file', this.#input.value);
    this.#dialog.showModal();
    this.#input.select();
  }

  #stemOf(file: string): string {
    return file.replace(/\.[^.]*$/, '');
  }

  #write(id: string, stem: string): void {
    const item = this.#item;
    const number = ++this.#asked;
    const path = item?.samples[0]?.naming;
    if (path === undefined) {
      element(id).textContent = '';
      return;
    }
    this.#ask(path, stem, () => number === this.#asked).then(
      (file) => {
        if (number !== this.#asked) return;
        element(id).textContent = plainText(file);
        if (id === 'file') this.isNamed = true;
      },
      () => undefined,
    );
  }

  /** A server that is away is waited for, while nothing else is asked. */
  async #ask(path: string, stem: string, isWanted: () => boolean): Promise<string> {
    while (isWanted()) {
      const answer = await fetch(`${path}?${new URLSearchParams({ stem })}`).catch(() => undefined);
      if (answer?.ok) return ((await answer.json()) as PageNaming).file;
      if (answer?.status === 404) break;
      await new Promise((resolve) => setTimeout(resolve, this.#retryMs));
    }
    return '';
  }
}
