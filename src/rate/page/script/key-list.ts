import { element, made } from '../../../web/page-words.ts';
import type { KeyMap } from './key-map.ts';
import { keyOf, keyText } from './key-words.ts';

/** The list of keys, in which each can be chosen anew. */
export class KeyList {
  readonly #keys: KeyMap;
  readonly #onChange: () => void;
  readonly #dialog = element<HTMLDialogElement>('keys');
  /** The action that waits for a key. */
  #waiting = '';

  constructor(keys: KeyMap, onChange: () => void) {
    this.#keys = keys;
    this.#onChange = onChange;
    element('keys-close').addEventListener('click', () => this.#dialog.close());
    element('keys-reset').addEventListener('click', () => {
      keys.reset();
      this.#draw();
      onChange();
    });
    this.#dialog.addEventListener('keydown', (event) => this.#pressed(event));
  }

  toggle(): void {
    this.#waiting = '';
    if (this.#dialog.open) this.#dialog.close();
    else {
      this.#draw();
      this.#dialog.showModal();
    }
  }

  #draw(): void {
    const rows = this.#keys.actions.map(({ name, describe }) => {
      const row = made('li', '');
      const button = made(
        'button',
        '',
        this.#waiting === name ? 'press a key' : keyText(this.#keys.keyOf(name)),
      );
      button.setAttribute('aria-label', `${describe}: ${button.textContent}`);
      button.addEventListener('click', () => {
        this.#waiting = name;
        this.#draw();
      });
      button.dataset['name'] = name;
      row.append(made('span', '', describe), button);
      return row;
    });
    element('key-list').replaceChildren(...rows);
    if (this.#waiting !== '')
      document.querySelector<HTMLElement>(`#key-list [data-name="${this.#waiting}"]`)?.focus();
  }

  #pressed(event: KeyboardEvent): void {
    if (['Shift', 'Control', 'Alt', 'Meta', 'Tab'].includes(event.key)) return;
    if (this.#waiting === '') {
      if (this.#keys.actionOf(keyOf(event))?.name !== 'keys') return;
      event.preventDefault();
      this.toggle();
      return;
    }
    event.preventDefault();
    const name = this.#waiting;
    this.#waiting = '';
    if (event.key !== 'Escape' && event.key !== 'Enter') this.#keys.set(name, keyOf(event));
    this.#draw();
    document.querySelector<HTMLElement>(`#key-list [data-name="${name}"]`)?.focus();
    this.#onChange();
  }
}
