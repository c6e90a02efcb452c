import { element, made, plainText } from '../../../web/page-words.ts';
import type { PageState } from '../../page-data.ts';

/** Who answers: asked for once, kept in this browser, and another one at any time. */
export class Rater {
  readonly #place = 'bowerbird-rate-rater';
  readonly #dialog = element<HTMLDialogElement>('who');
  readonly #onChange: (rater: string) => void;
  #name = '';

  constructor(onChange: (rater: string) => void) {
    this.#onChange = onChange;
    const input = element<HTMLInputElement>('name');
    element('who-form').addEventListener('submit', () => this.#take(input.value));
    this.#dialog.addEventListener('cancel', (event) => {
      if (this.#name === '') event.preventDefault();
    });
    element('rater').addEventListener('click', () => this.ask());
  }

  get name(): string {
    return this.#name;
  }

  get isAsking(): boolean {
    return this.#dialog.open;
  }

  /** The name that this page or this browser had last, or whoever is asked for it now. */
  begin({ rater, raters }: PageState): void {
    element('known').replaceChildren(...raters.slice(0, 12).map((name) => this.#knownButton(name)));
    const name = rater ?? this.#read();
    if (name === '') this.ask();
    else this.#take(name, rater === null);
  }

  ask(): void {
    element<HTMLInputElement>('name').value = this.#name;
    this.#dialog.showModal();
  }

  #take(given: string, isSwitchable: boolean = true): void {
    const name = given
      .trim()
      .replace(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/gu, '')
      .slice(0, 64);
    if (name === '') {
      requestAnimationFrame(() => this.#name === '' && this.ask());
      return;
    }
    this.#name = name;
    this.#write(name);
    const button = element<HTMLButtonElement>('rater');
    button.textContent = plainText(name);
    button.setAttribute('aria-label', `${plainText(name)} answers; change that`);
    button.hidden = false;
    button.disabled = !isSwitchable;
    this.#onChange(name);
  }

  #knownButton(name: string): HTMLElement {
    const button = made('button', '', plainText(name));
    button.setAttribute('type', 'button');
    button.addEventListener('click', () => {
      this.#dialog.close();
      this.#take(name);
    });
    return button;
  }

  /** Two windows of a browser may have a rater each. */
  #read(): string {
    try {
      return sessionStorage.getItem(this.#place) ?? localStorage.getItem(this.#place) ?? '';
    } catch {
      return '';
    }
  }

  #write(name: string): void {
    try {
      sessionStorage.setItem(this.#place, name);
      localStorage.setItem(this.#place, name);
    } catch {
      // It is asked for again.
    }
  }
}
