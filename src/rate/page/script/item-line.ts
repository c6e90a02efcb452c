import type { PageItem, PageItems } from '../../page-data.ts';
import { ShownItem } from './shown-item.ts';

/** The items that come next, with their pictures. */
export class ItemLine {
  readonly #ahead = 5;
  readonly #retryMs = 500;
  readonly #endMs = 4000;
  readonly #othersMs = 2000;
  readonly #onChange: () => void;
  #rater = '';
  #line: ShownItem[] = [];
  #isAsking = false;
  #endTimer = 0;
  #othersTimer = 0;
  /** The server has said that it has no more, and nothing was answered or taken back since. */
  isEnd = false;
  /** How many questions are not answered, by what the server said and what was answered since. */
  left: number | null = null;
  /** What goes wrong behind the page, as the server last said it. */
  behind = '';
  /** Samples whose pictures could not be shown, and why. */
  readonly unshown: string[] = [];
  /** Ids of items that were answered with keep: what is near to one of them is passed over for as long as it is kept. */
  readonly kept = new Set<string>();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Whose items they are from now on. */
  begin(rater: string): void {
    this.#rater = rater;
    this.kept.clear();
    this.#line = [];
    this.isEnd = false;
    this.fill();
  }

  /** The item whose turn it is; it may not have its pictures yet. */
  get first(): ShownItem | undefined {
    return this.#line.find((one) => !this.#isPassedOver(one));
  }

  #isPassedOver({ item }: ShownItem): boolean {
    return item.near?.some((id) => this.kept.has(id)) ?? false;
  }

  /** Takes the first one away, and those that were passed over before it. */
  shift(): void {
    const { first } = this;
    this.#line = first ? this.#line.slice(this.#line.indexOf(first) + 1) : [];
    if (this.left !== null) this.left = Math.max(0, this.left - 1);
    this.fill();
  }

  /** Puts one before all others. */
  unshift(item: ShownItem): void {
    this.#line.unshift(item);
    if (this.left !== null) this.left++;
  }

  /** Asks for more where there are few. */
  fill(): void {
    if (!this.isEnd && this.#line.length < this.#ahead) this.#fetch();
  }

  #fetch(): void {
    if (this.#isAsking || this.#rater === '') return;
    this.#isAsking = true;
    const rater = this.#rater;
    this.#ask(rater).then(
      ({ items, isEnd, left, behind, settled }) => {
        this.#isAsking = false;
        this.behind = behind ?? '';
        if (rater !== this.#rater) return this.fill();
        this.left = left;
        this.isEnd = isEnd;
        if (settled) this.#drop(settled);
        clearTimeout(this.#endTimer);
        if (isEnd) this.#endTimer = window.setTimeout(() => this.#lookAgain(), this.#endMs);
        for (const item of items) this.#add(item);
        this.#onChange();
        this.fill();
      },
      () => {
        setTimeout(() => {
          this.#isAsking = false;
          this.fill();
        }, this.#retryMs);
      },
    );
  }

  /**
   * Others answer the same ones; what they have settled goes. What is being looked at stays: a person may be about to answer it. So does what is near to
   * what was kept here: the server settles that too, and taking the answer back brings it back.
   */
  #drop(ids: readonly string[]): void {
    const { first } = this;
    this.#line = this.#line.filter(
      (one) => one === first || this.#isPassedOver(one) || !ids.includes(one.item.id),
    );
    clearTimeout(this.#othersTimer);
    this.#othersTimer = window.setTimeout(() => this.#fetch(), this.#othersMs);
  }

  /** A queue may have been written anew. */
  #lookAgain(): void {
    this.isEnd = false;
    this.fill();
  }

  #add(item: PageItem): void {
    if (this.#line.some((one) => one.item.id === item.id)) return;
    const shown = new ShownItem(item);
    this.#line.push(shown);
    void shown.load().then(() => {
      if (shown.state === 'broken') this.unshown.push(shown.why);
      if (shown.state !== 'ready') this.#line = this.#line.filter((one) => one !== shown);
      this.#onChange();
      this.fill();
    });
  }

  async #ask(rater: string): Promise<PageItems> {
    const held = this.#line.map(({ item }) => item.id).join(',');
    const count = Math.max(1, this.#ahead + 3 - this.#line.length);
    const query = new URLSearchParams({ rater, count: String(count), held });
    const answer = await fetch(`/items?${query}`);
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    return (await answer.json()) as PageItems;
  }
}
