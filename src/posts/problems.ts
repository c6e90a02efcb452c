/** Why a post is not added, each as half a sentence about it. The list is closed: docs/posts.md has all. */
export const POST_PROBLEMS = {
  video: 'it is a video, or a carousel of videos alone',
  picture_missing: 'its picture is not there: it was deleted, or never downloaded',
  picture_empty: 'its picture is a file of 0 bytes',
  picture_outside: 'its picture lies outside of the folder that was given, by its path or by a link',
  picture_unreadable: 'its picture is no file, or may not be read',
  picture_unnamed: 'it names neither a picture nor a URL',
  url_invalid: 'its URL is none of http or https, or longer than 8192 characters',
  id_missing: 'it has no id',
  id_invalid: 'its id is no text of 1 to 200 characters without control characters',
  user_missing: 'it does not say whose it is',
  user_invalid: 'its user is no text of 1 to 200 characters without control characters',
  user_unlisted: 'its user is not in the list of users',
  post_unknown: 'it is told of its counts alone, and the table has no such post',
  user_other: 'its id is that of a post of another user',
  likes_invalid: 'its number of likes is no whole number below 2^63',
  comments_invalid: 'its number of comments is no whole number below 2^63',
  followers_invalid: "its user's number of followers or posts is no whole number below 2^63",
  time_invalid: 'it has a time that is none, or one outside of the years 1970 to 9999',
  counts_conflict: 'it has other counts than the same post at the very same time',
  json_invalid:
    'its file holds no JSON, or JSON that describes no post, profile or other thing of Instaloader',
  json_too_large: 'its file holds more than 16 MiB, unpacked or as it is',
  xz_damaged: 'its file is no xz, is cut short or damaged, or asks for a dictionary of more than 64 MiB',
  file_outside: 'its file is a link that leads outside of the folder that was given',
  file_unreadable: 'its file may not be read, or is no regular file',
} as const;

export type PostProblem = keyof typeof POST_PROBLEMS;

/** Where something was read: a file, and of a table the row, from 1. */
export interface Place {
  readonly path: string;
  readonly row?: number;
}

/** How often each problem was met, and where first. */
export class PostProblems {
  readonly #found = new Map<PostProblem, { count: number; readonly first: Place }>();

  add(problem: PostProblem, place: Place): void {
    const found = this.#found.get(problem);
    if (found) found.count++;
    else this.#found.set(problem, { count: 1, first: place });
  }

  get total(): number {
    return this.list().reduce((sum, { count }) => sum + count, 0);
  }

  /** In the order in which they were first met. */
  list(): { readonly problem: PostProblem; readonly count: number; readonly first: Place }[] {
    return [...this.#found].map(([problem, { count, first }]) => ({ problem, count, first }));
  }
}
