/** What a person has turned on or off, as this browser keeps it: whether captions are seen, and half points. */
export class Switches {
  readonly #names = ['halves', 'captions'];

  /** As they were. */
  restore(): void {
    for (const name of this.#names) this.#set(name, this.isOn(name));
  }

  turn(name: string): void {
    this.#set(name, !this.isOn(name));
  }

  isOn(name: string): boolean {
    if (document.body.classList.contains(`with-${name}`)) return true;
    try {
      return localStorage.getItem(`bowerbird-rate-${name}-shown`) === '1';
    } catch {
      return false;
    }
  }

  #set(name: string, isOn: boolean): void {
    document.body.classList.toggle(`with-${name}`, isOn);
    document.querySelector(`.controls [data-action="${name}"]`)?.setAttribute('aria-pressed', String(isOn));
    try {
      localStorage.setItem(`bowerbird-rate-${name}-shown`, isOn ? '1' : '');
    } catch {
      // Not kept, then.
    }
  }
}
