import { plainText } from '../../../web/page-words.ts';
import type { PageItem, PageSample } from '../../page-data.ts';

/** An item with its pictures, which come before it is its turn. */
export class ShownItem {
  readonly item: PageItem;
  readonly images: readonly HTMLImageElement[];
  /** `broken`: a picture of it cannot be shown; `gone`: what it was about is not there any more. */
  state: 'coming' | 'ready' | 'broken' | 'gone' = 'coming';
  /** Of `broken`: whose picture, and why. */
  why = '';
  readonly #retryMs = 500;
  readonly #sides = ['First picture', 'Second picture'];

  constructor(item: PageItem) {
    this.item = item;
    this.images = item.samples.map((sample, place) => {
      const image = document.createElement('img');
      const side = item.samples.length === 2 ? this.#sides[place] : 'Picture';
      const caption = plainText(sample.caption?.trim() ?? '').slice(0, 160);
      image.alt = caption === '' ? side! : `${side}: ${caption}`;
      image.draggable = false;
      return image;
    });
  }

  /** Has the pictures come; whatever becomes of them, it is known at the end. */
  async load(): Promise<void> {
    const places = this.item.samples.map((sample, place) => this.#loadOne(sample, this.images[place]!));
    await Promise.all(places);
    if (this.state === 'coming') this.state = 'ready';
  }

  async #loadOne(sample: PageSample, image: HTMLImageElement): Promise<void> {
    while (this.state === 'coming') {
      image.src = sample.picture;
      try {
        await image.decode();
        return;
      } catch {
        await this.#lookWhy(sample);
      }
    }
  }

  /** A server that is away is waited for. */
  async #lookWhy({ picture, name }: PageSample): Promise<void> {
    const answer = await fetch(picture).catch(() => undefined);
    if (answer?.status === 404) {
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      const isGone = error.code === 'BB_HTTP_NOT_FOUND';
      this.state = isGone ? 'gone' : 'broken';
      this.why = `${plainText(name.key ?? name.hash ?? '')}: ${error.message}`;
      return;
    }
    if (answer?.ok) {
      // The server made it, and this browser cannot show it, or could not for a moment.
      await answer.blob().catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, this.#retryMs));
  }
}
