import type { PageAction } from '../actions.ts';

/** Which key does what: as it came, or as a person has set it in this browser. */
export class KeyMap {
  readonly actions: readonly PageAction[];
  readonly #place = 'bowerbird-rate-keys';
  #keys = new Map<string, string>();

  constructor(actions: readonly PageAction[]) {
    this.actions = actions;
    this.#keys = new Map(actions.map(({ name, key }) => [name, key]));
    for (const [name, key] of Object.entries(this.#read()))
      if (this.#keys.has(name)) this.#keys.set(name, key);
  }

  keyOf(name: string): string {
    return this.#keys.get(name) ?? '';
  }

  actionOf(key: string): PageAction | undefined {
    return this.actions.find(({ name }) => this.#keys.get(name) === key);
  }

  /** Gives an action another key; the action that had it gets the one that is free now. */
  set(name: string, key: string): void {
    const other = this.actionOf(key);
    if (other) this.#keys.set(other.name, this.keyOf(name));
    this.#keys.set(name, key);
    this.#write();
  }

  reset(): void {
    this.#keys = new Map(this.actions.map(({ name, key }) => [name, key]));
    this.#write();
  }

  #read(): Record<string, string> {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(this.#place) ?? '{}');
      const pairs = Object.entries(kept as object).filter(([, key]) => typeof key === 'string');
      return Object.fromEntries(pairs) as Record<string, string>;
    } catch {
      return {};
    }
  }

  /** Only what is another than it came with; other modes' actions stay. */
  #write(): void {
    const kept = this.#read();
    for (const { name, key } of this.actions) {
      if (this.keyOf(name) === key) delete kept[name];
      else kept[name] = this.keyOf(name);
    }
    try {
      localStorage.setItem(this.#place, JSON.stringify(kept));
    } catch {
      // A browser that keeps nothing has them until the page is left.
    }
  }
}
