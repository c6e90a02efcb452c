import { unsupported } from './errors.ts';

/** The marks by which a service says where a listing goes on: each has to be there, and be another than all before it. */
export class PageMarks {
  readonly #seen = new Set<string>();
  readonly #url: string;

  /** @param url what is listed */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * The mark of the next page, where a page was not the last.
   *
   * @throws StorageError BB_STORAGE_UNSUPPORTED without one, or with one that leads back: what is listed would be a part, or have no end
   */
  next(mark: string | undefined): string {
    if (!mark) throw unsupported(this.#url, WITHOUT_MARK);
    if (this.#seen.has(mark)) throw unsupported(this.#url, LEADS_BACK);
    this.#seen.add(mark);
    return mark;
  }
}

const NAME_FILES = 'Name the files one by one, with braces where they are numbered ({00000..00099}).';
const WITHOUT_MARK = `this service says that its listing goes on, and not where, as those do that know only the first version of listings. ${NAME_FILES}`;
const LEADS_BACK = `the pages of this service's listing lead back to one that was read, so that it has no end. ${NAME_FILES}`;
