import { scriptText } from '../../base/script-text.ts';
import { countText, element, made, plainText } from '../../web/page-words.ts';
import type { PageKind } from '../options.ts';
import { pageActions } from './actions.ts';
import { Closeness } from './script/closeness.ts';
import { Frames } from './script/frames.ts';
import { ItemLine } from './script/item-line.ts';
import { KeyList } from './script/key-list.ts';
import { KeyMap } from './script/key-map.ts';
import { keyOf, keyText } from './script/key-words.ts';
import { Naming } from './script/naming.ts';
import { Outbox, refusalOf } from './script/outbox.ts';
import { RatePage } from './script/rate-page.ts';
import { Rater } from './script/rater.ts';
import { SessionFigures } from './script/session-figures.ts';
import { ShownItem } from './script/shown-item.ts';
import { Switches } from './script/switches.ts';

/**
 * The script of the page. It holds the texts of these functions and classes, so they may use nothing but each other and what a
 * browser has.
 */
export function rateScript(kind: PageKind): string {
  const words = { countText, element, keyOf, keyText, made, plainText, refusalOf };
  const parts = {
    ...{ Outbox, KeyMap, KeyList, ShownItem, ItemLine, Frames, Switches, Closeness, SessionFigures, Rater },
    ...(kind === 'review' ? { Naming } : {}),
    RatePage,
  };
  return [
    "'use strict';",
    scriptText({ ...words, ...parts }),
    `new RatePage(${JSON.stringify(pageActions(kind))}${kind === 'review' ? ', new Naming()' : ''}).start();`,
  ].join('\n');
}
