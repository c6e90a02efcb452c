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

  /** A file that is neither an image nor beside one. */
  passOver(name: string): void {
    this.#passedOver.add(name);
  }

  /** What stands beside an image and could not be taken. */
  trouble(sentence: string): void {
    this.#troubles.add(sentence);
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
