import { plainText } from '../../../web/page-words.ts';
import type { ShownItem } from './shown-item.ts';

/** Where the pictures of an item are seen, with their captions. */
export class Frames {
  readonly all: readonly HTMLElement[] = [...document.querySelectorAll<HTMLElement>('.frame')];
  readonly #mostCaption = 300;

  show({ item, images }: ShownItem): void {
    this.clear();
    for (const [place, frame] of this.all.entries()) {
      frame.append(images[place]!);
      if (frame.tagName === 'BUTTON') frame.setAttribute('aria-label', images[place]!.alt);
      const caption = plainText(item.samples[place]!.caption?.trim() ?? '').slice(0, this.#mostCaption);
      frame.nextElementSibling!.textContent = caption;
    }
  }

  clear(): void {
    for (const frame of this.all) frame.querySelector('img')?.remove();
  }
}
