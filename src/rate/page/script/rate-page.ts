import { countText, element } from '../../../web/page-words.ts';
import type { PageSaved, PageStanding, PageState } from '../../page-data.ts';
import type { PageAction } from '../actions.ts';
import { Closeness } from './closeness.ts';
import { Frames } from './frames.ts';
import { ItemLine } from './item-line.ts';
import { KeyList } from './key-list.ts';
import { KeyMap } from './key-map.ts';
import { keyOf, keyText } from './key-words.ts';
import type { Naming } from './naming.ts';
import { Outbox, refusalOf, type SentRecord } from './outbox.ts';
import { Rater } from './rater.ts';
import { SessionFigures } from './session-figures.ts';
import type { ShownItem } from './shown-item.ts';
import { Switches } from './switches.ts';

/** An answer that can be taken back. */
interface Given {
  readonly shown: ShownItem;
  readonly id: string;
  /** Of a review: the name that a person had chosen. */
  readonly stem?: string | undefined;
}

/** The page: what its parts do together. */
export class RatePage {
  readonly #retryMs = 500;
  readonly #flashMs = 140;
  /** An answer that comes sooner was meant for the item before. */
  readonly #blindMs = 90;
  readonly #mostGiven = 30;

  readonly #frames = new Frames();
  readonly #switches = new Switches();
  readonly #keys: KeyMap;
  readonly #keyList: KeyList;
  readonly #line = new ItemLine(() => {
    this.#show();
    this.#tell();
  });
  readonly #closeness = new Closeness(this.#frames.all);
  readonly #rater = new Rater((rater) => this.#begin(rater));
  #figures = new SessionFigures();
  #state: PageState | undefined;
  #outbox: Outbox | undefined;
  #standing: PageStanding | null = null;
  #given: Given[] = [];
  #shown: ShownItem | undefined;
  #shownAtMs = 0;
  /** How far the server's clock, which all raters share, is ahead of this one. */
  #clockMs = 0;
  #refusals: string[] = [];
  /** What keeps answers from being saved. */
  #trouble = '';
  /** Of a review. */
  readonly #naming: Naming | undefined;

  constructor(actions: readonly PageAction[], naming?: Naming) {
    this.#naming = naming;
    this.#keys = new KeyMap(actions);
    this.#keyList = new KeyList(this.#keys, () => this.#writeKeys());
  }

  /** Begins, and says so where it cannot go on. */
  start(): void {
    this.#run().catch((thrown: Error) => this.#tell(`The page has stopped: ${thrown.message}`));
  }

  async #run(): Promise<void> {
    // The token is in a cookie by now, and need not stand where others see it.
    history.replaceState(null, '', location.pathname);
    this.#writeKeys();
    this.#listen();
    this.#switches.restore();
    const state = await this.#readState();
    this.#state = state;
    this.#clockMs = Date.parse(state.now) - Date.now();
    element('question').textContent = `${state.question}:`;
    document.title = `${state.question} \u2013 ${state.title} \u2013 bowerbird`;
    this.#outbox = new Outbox(
      state.place,
      (saved, records) => this.#saved(saved, records),
      (trouble) => this.#tell(trouble),
    );
    this.#outbox.send();
    this.#rater.begin(state);
  }

  async #readState(rater: string = ''): Promise<PageState> {
    for (;;) {
      const answer = await fetch(`/state?${new URLSearchParams({ rater })}`).catch(() => undefined);
      if (answer?.ok) return (await answer.json()) as PageState;
      await new Promise((resolve) => setTimeout(resolve, this.#retryMs));
    }
  }

  #begin(rater: string): void {
    this.#given = [];
    this.#figures = new SessionFigures();
    this.#standing = null;
    this.#shown = undefined;
    this.#line.begin(rater);
    this.#show();
    void this.#readState(rater).then(({ standing }) => {
      if (rater === this.#rater.name) this.#standing ??= standing;
      this.#writeFigures();
    });
  }

  /** Shows the item whose turn it is, as soon as its pictures are there. */
  #show(): void {
    const { first } = this.#line;
    if (first && first === this.#shown) return;
    if (first?.state !== 'ready') {
      this.#shown = undefined;
      this.#frames.clear();
      this.#note(first || !this.#line.isEnd ? '' : 'That was all: nothing is left to ask.');
    } else {
      this.#shown = first;
      this.#shownAtMs = performance.now();
      this.#frames.show(first);
      this.#note('');
    }
    this.#naming?.show(this.#shown?.item);
    this.#closeness.rest();
    document.body.classList.toggle('waiting', this.#shown === undefined);
    document.body.dataset['item'] = this.#shown?.item.id ?? '';
    this.#writeFigures();
  }

  #answer(action: PageAction): void {
    const shown = this.#shown;
    const tookMs = Math.round(performance.now() - this.#shownAtMs);
    if (!shown || !this.#state || tookMs < this.#blindMs) return;
    const isKept = action.answer === 'keep';
    // What it is kept as is to be seen before.
    if (isKept && this.#naming?.isNamed === false) return;
    const { samples, seed, swapped, queue } = shown.item;
    const { question, mode } = this.#state;
    const names = samples.map(({ name }) => name);
    const id = this.#newId();
    this.#outbox!.put({
      ...{ v: 1, id, question, mode, answer: action.answer },
      ...(names.length === 2 ? { left: names[0], right: names[1] } : { sample: names[0] }),
      ...{ rater: this.#rater.name, time: this.#now() },
      ...(queue !== undefined && { queue }),
      ...(seed !== undefined && { seed, swapped }),
      took_ms: tookMs,
      ...(isKept && this.#naming?.stem && { stem: this.#naming.stem }),
    });
    if (isKept) this.#line.kept.add(shown.item.id);
    this.#given.push({ shown, id, stem: this.#naming?.stem });
    if (this.#given.length > this.#mostGiven) this.#given.shift();
    this.#figures.add(tookMs);
    this.#flash(action.name);
    this.#line.shift();
    this.#show();
  }

  #undo(): void {
    const last = this.#given.pop();
    if (!last) return;
    this.#outbox!.put({
      v: 1,
      id: this.#newId(),
      retracts: last.id,
      rater: this.#rater.name,
      time: this.#now(),
    });
    this.#figures.drop();
    this.#line.kept.delete(last.shown.item.id);
    this.#line.unshift(last.shown);
    this.#show();
    if (last.stem) this.#naming?.propose(last.stem);
  }

  #saved({ results, standings, said = {}, behind }: PageSaved, records: readonly SentRecord[]): void {
    // What is told comes with all else, once the outbox has sent what it has.
    this.#line.behind = behind ?? '';
    this.#naming?.tell(records.flatMap(({ id }) => said[id] ?? []).at(-1));
    this.#standing = standings[this.#rater.name] ?? this.#standing;
    for (const [place, result] of results.entries()) {
      const why = refusalOf(result);
      if (why !== '') this.#refused(records[place]!.id, why);
    }
    document.body.dataset['saved'] = String(this.#standing?.answers ?? 0);
    this.#writeFigures();
  }

  /** An answer that is nowhere cannot be taken back, and keeps nothing that others are near to. */
  #refused(id: string, why: string): void {
    this.#refusals.push(`${id}: ${why}`);
    const given = this.#given.find((one) => one.id === id);
    if (!given) return;
    this.#given = this.#given.filter((one) => one !== given);
    this.#line.kept.delete(given.shown.item.id);
  }

  #writeFigures(): void {
    const waiting = this.#outbox?.size ?? 0;
    const { answers = 0, compared = 0, agreed = 0 } = this.#standing ?? {};
    const { left } = this.#line;
    element('answers').textContent = countText(answers);
    element('left').textContent = left === null ? '' : countText(left);
    element('left').parentElement!.hidden = left === null;
    const { anHour } = this.#figures;
    element('speed').textContent = anHour === undefined ? '\u2013' : countText(anHour);
    element('agreement').textContent = compared === 0 ? '\u2013' : `${agreed} of ${compared}`;
    element('saved').textContent = waiting === 0 ? 'saved' : `${countText(waiting)} on the way`;
    element('saved').classList.toggle('late', waiting > 2);
    document.body.dataset['waiting'] = String(waiting);
  }

  /** What keeps answers from being saved, what goes wrong behind the page, and what could not be shown or taken. */
  #tell(trouble: string = this.#trouble): void {
    this.#trouble = trouble;
    const { unshown, behind } = this.#line;
    const lines = [
      trouble,
      behind,
      unshown.length === 0 ? '' : `${unshown.length} skipped without a picture, the last: ${unshown.at(-1)}`,
      this.#refusals.length === 0
        ? ''
        : `${this.#refusals.length} answers refused, the last: ${this.#refusals.at(-1)}`,
    ];
    element('trouble').textContent = lines.filter((line) => line !== '').join(' ');
    this.#writeFigures();
  }

  #note(text: string): void {
    element('note').textContent = text;
  }

  #flash(name: string): void {
    for (const node of document.querySelectorAll(`[data-action="${name}"]`)) {
      node.classList.add('given');
      setTimeout(() => node.classList.remove('given'), this.#flashMs);
    }
  }

  #listen(): void {
    document.addEventListener('keydown', (event) => this.#pressed(event));
    document.addEventListener('keyup', (event) => this.#released(event));
    window.addEventListener('blur', () => this.#closeness.rest());
    for (const node of document.querySelectorAll<HTMLElement>('[data-action]')) {
      node.addEventListener('click', () => {
        const isLook = node.classList.contains('frame') && this.#closeness.endsLook();
        if (!isLook) this.#act(node.dataset['action']!);
      });
    }
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]')) return;
    const action = this.#keys.actionOf(keyOf(event));
    if (!action) return;
    event.preventDefault();
    // A key that is held gives one answer.
    if (!event.repeat) this.#act(action.name);
  }

  #released(event: KeyboardEvent): void {
    if (this.#keys.actionOf(keyOf(event))?.name !== 'zoom') return;
    event.preventDefault();
    this.#closeness.rest();
  }

  #act(name: string): void {
    const action = this.#keys.actions.find((one) => one.name === name);
    if (action?.answer !== undefined) {
      const isHalf = name.endsWith('.5');
      if (!isHalf || this.#switches.isOn('halves')) this.#answer(action);
      return;
    }
    const controls: Readonly<Record<string, () => void>> = {
      undo: () => this.#undo(),
      zoom: () => this.#closeness.lookAtAll(),
      captions: () => this.#switches.turn(name),
      halves: () => this.#switches.turn(name),
      keys: () => this.#keyList.toggle(),
      rename: () => this.#naming?.ask(),
    };
    controls[name]?.();
  }

  #writeKeys(): void {
    for (const node of document.querySelectorAll<HTMLElement>('button[data-action] kbd')) {
      const { action = '' } = node.parentElement!.dataset;
      const text = keyText(this.#keys.keyOf(action));
      const { label } = this.#keys.actions.find(({ name }) => name === action)!;
      // `7` need not stand beside 7.
      node.textContent = text === label ? '' : text;
    }
  }

  #now(): string {
    return new Date(Date.now() + this.#clockMs).toISOString();
  }

  /** `randomUUID` is there for pages of loopback and of https alone. */
  #newId(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}
