import { countText, element } from '../../../web/page-words.ts';
import type { PageState } from '../../page-data.ts';
import { Filters } from './filters.ts';
import { PictureGrid } from './picture-grid.ts';
import { PicturePanel } from './picture-panel.ts';
import { RowWindows } from './row-windows.ts';

/** The page: what its parts do together. */
export class BrowsePage {
  readonly #pollMs = 200;
  readonly #followMs = 120;

  readonly #filters = new Filters(() => void this.#show());
  readonly #windows = new RowWindows(() => this.#arrived());
  readonly #grid = new PictureGrid(element('grid'), this.#windows, (position) => this.#open(position));
  readonly #panel = new PicturePanel((row) => this.#openRow(row));
  #state: PageState | undefined;
  #follow = 0;
  #shown = 0;

  /** Begins, and says so where it cannot go on. */
  start(): void {
    this.#run().catch((thrown: Error) => this.#say(`The page has stopped: ${thrown.message}`));
  }

  /** Waits for the scores, then shows the grid; captions come when they are read. */
  async #run(): Promise<void> {
    // The token is in a cookie by now, and need not stand where others see it.
    history.replaceState(null, '', location.pathname + location.hash);
    this.#listen();
    let state = await this.#readState();
    while (!state.isReady && state.failure === null) state = await this.#wait(state);
    if (state.isReady) {
      this.#filters.offer(state);
      await this.#show();
    }
    while (!state.areTextsRead && state.failure === null) state = await this.#wait(state);
    this.#tellProgress(state);
    this.#windows.refresh();
  }

  async #wait(state: PageState): Promise<PageState> {
    this.#tellProgress(state);
    await new Promise((resolve) => setTimeout(resolve, this.#pollMs));
    return this.#readState();
  }

  async #readState(): Promise<PageState> {
    const answer = await fetch('/state');
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    const state = (await answer.json()) as PageState;
    this.#state = state;
    element('title').textContent = state.title;
    document.title = `${state.title} \u2013 bowerbird`;
    element('notes').textContent = state.notes.join(' ');
    return state;
  }

  #tellProgress({ rowCount, scoresRead, textsRead, isReady, areTextsRead, failure }: PageState): void {
    const progress = element<HTMLProgressElement>('progress');
    progress.hidden = areTextsRead || failure !== null;
    progress.value = rowCount === 0 ? 0 : (scoresRead + 3 * textsRead) / (4 * rowCount);
    if (failure !== null) this.#say(failure);
    else if (!isReady) this.#say(`Reading scores: ${countText(scoresRead)} of ${countText(rowCount)} rows`);
  }

  /** Shows what the controls ask for, from its first row. */
  async #show(): Promise<void> {
    const state = this.#state;
    if (!state?.isReady) return;
    const shown = ++this.#shown;
    const { query } = this.#filters;
    const score = Math.max(
      0,
      state.scores.findIndex(({ name }) => name === this.#filters.sort),
    );
    this.#grid.look = { state, score, refetch: this.#filters.refetch };
    if (query.includes('text=') && !state.areTextsRead) this.#say('Captions are still being read \u2026');
    element('grid').setAttribute('aria-busy', 'true');
    await this.#windows.show(query);
    if (shown !== this.#shown) return;
    element('grid').removeAttribute('aria-busy');
    const { total } = this.#windows;
    element('grid').hidden = total === 0;
    element('empty').hidden = total > 0;
    this.#say(
      this.#filters.isFiltering
        ? `${countText(total)} of ${countText(state.rowCount)} rows`
        : `${countText(total)} rows`,
    );
    this.#grid.restart();
    this.#grid.draw();
    this.#grid.loadPictures();
    document.body.dataset['shown'] = String(shown);
  }

  #arrived(): void {
    this.#grid.draw();
    this.#grid.loadPictures();
  }

  #say(text: string): void {
    element('count').textContent = text;
  }

  #open(position: number): void {
    this.#goTo(position);
    const row = this.#windows.at(position);
    if (row) this.#openRow(row.row);
  }

  #openRow(row: number): void {
    void this.#panel.show(row, this.#filters.query, this.#state!);
  }

  #goTo(position: number): void {
    this.#grid.active = Math.max(0, Math.min(position, this.#windows.total - 1));
    this.#grid.reveal();
    if (!this.#panel.isOpen) return;
    clearTimeout(this.#follow);
    this.#follow = window.setTimeout(() => {
      const row = this.#windows.at(this.#grid.active);
      if (row && row.row !== this.#panel.row) this.#openRow(row.row);
    }, this.#followMs);
  }

  #close(): void {
    this.#panel.close();
    requestAnimationFrame(() => this.#grid.reveal());
  }

  #listen(): void {
    document.addEventListener('keydown', (event) => this.#pressed(event));
    element('close').addEventListener('click', () => this.#close());
    element('previous').addEventListener('click', () => this.#goTo(this.#grid.active - 1));
    element('next').addEventListener('click', () => this.#goTo(this.#grid.active + 1));
    element('help').addEventListener('click', () => this.#toggleKeys());
    element('keys-close').addEventListener('click', () => this.#toggleKeys());
    element('larger').addEventListener('click', () => this.#grid.resize(1));
    element('smaller').addEventListener('click', () => this.#grid.resize(-1));
  }

  #toggleKeys(): void {
    const keys = element<HTMLDialogElement>('keys');
    if (keys.open) keys.close();
    else keys.showModal();
  }

  #pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (['INPUT', 'SELECT', 'TEXTAREA'].includes(target.tagName)) {
      if (event.key === 'Escape' || (event.key === 'Enter' && target.id === 'text')) this.#grid.reveal();
      return;
    }
    const action = this.#actionOf(event.key, target);
    if (!action) return;
    event.preventDefault();
    action();
  }

  #actionOf(key: string, target: HTMLElement): (() => void) | undefined {
    if (element<HTMLDialogElement>('keys').open) return key === '?' ? () => this.#toggleKeys() : undefined;
    const step = this.#stepOf(key);
    if (step !== undefined) return () => this.#goTo(step);
    const isButton = target.tagName === 'BUTTON';
    const actions: Readonly<Record<string, () => void>> = {
      Escape: () => this.#close(),
      '/': () => element('text').focus(),
      '?': () => this.#toggleKeys(),
      '+': () => this.#grid.resize(1),
      '-': () => this.#grid.resize(-1),
      f: () => this.#panel.refetch(),
      ...(!isButton && {
        Enter: () => this.#open(this.#grid.active),
        ' ': () => this.#open(this.#grid.active),
      }),
    };
    return actions[key];
  }

  /** Where a key leads to. */
  #stepOf(key: string): number | undefined {
    const { active, columns, pageSize } = this.#grid;
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: active - 1,
      ArrowRight: active + 1,
      ArrowUp: active - columns,
      ArrowDown: active + columns,
      PageUp: active - pageSize,
      PageDown: active + pageSize,
      Home: 0,
      End: this.#windows.total - 1,
    };
    return steps[key];
  }
}
