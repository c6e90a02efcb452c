/** Names that are told of at most. */
const MOST_NAMED = 3;

/** What is seen of a collection while its images are listed. */
export class Listing {
  /** Files of columns for the images, relative to the folder. */
  readonly metadata: string[] = [];
  /** Of all images. */
  sizeBytes = 0;
  readonly #notes: string[] = [];
  readonly #passedOver = new Names();
  readonly #troubles = new Names();
  readonly #replaced = new Names();
  #replacedCount = 0;

  /** A file that is neither an image nor beside one. */
  passOver(name: string): void {
    this.#passedOver.add(name);
  }

  /** What stands beside an image and could not be taken. */
  trouble(sentence: string): void {
    this.#troubles.add(sentence);
  }

  /** In a text beside an image, how many times bytes that stand for no character were read as U+FFFD. */
  replace(name: string, count: number): void {
    this.#replaced.add(name);
    this.#replacedCount += count;
  }

  /** Whatever else is to be told, as a line. */
  note(line: string): void {
    this.#notes.push(line);
  }

  /** What a person is to know of it, a line each. */
  notes(where: string): string[] {
    const notes = [...this.#notes];
    const { count: passedOver, names } = this.#passedOver;
    if (passedOver > 0) {
      notes.push(`Passed over ${passedOver} of the files in ${where}, which are no images: ${names}.`);
    }
    if (this.#troubles.count > 0) {
      notes.push(
        `In ${where}, ${this.#troubles.count} of the texts beside images are left out: ${this.#troubles.names}.`,
      );
    }
    if (this.#replacedCount > 0) {
      const [places, are] =
        this.#replacedCount === 1 ? ['1 place', 'is'] : [`${this.#replacedCount} places`, 'are'];
      notes.push(
        `In ${where}, ${places} in the texts beside images ${are} not UTF-8 and read as U+FFFD, in captions and for hashes too: ${this.#replaced.names}.`,
      );
    }
    return notes;
  }
}

/** How many there are, and the first. */
class Names {
  count = 0;
  readonly #first: string[] = [];

  add(name: string): void {
    this.count++;
    if (this.#first.length < MOST_NAMED) this.#first.push(name);
  }

  get names(): string {
    return `${this.#first.join(', ')}${this.count > this.#first.length ? ', ...' : ''}`;
  }
}
