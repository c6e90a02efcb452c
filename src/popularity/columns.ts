/** What is known of posts before it is decided which are taken: a column for each fact, a row for each post. */
export interface PostColumns {
  /** Numbers of users, by row. */
  readonly users: Int32Array;
  /** By row; NaN where they are hidden. */
  readonly likes: Float64Array;
  /** By the users' numbers; NaN where nobody has said. */
  readonly followers: Float64Array;
  /** Where each row stands among its user's, for balancing; as `placeInDraw`. */
  readonly balancePlaces: Float64Array;
  /** Where each row stands among all, for the split and for the order within each. */
  readonly splitPlaces: Float64Array;
  /** By the users' numbers: where each stands among them, for a split by user. */
  readonly userPlaces: Float64Array;
}
