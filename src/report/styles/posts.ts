/** What the page about posts has of its own: pictures with their likes, clouds of points, spreads of users. */
export const POSTS_STYLE = `
.posts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(9.5rem, 44%), 1fr)); gap: 1.5rem 1.2rem; }
.post { min-width: 0; font-size: .8125rem; line-height: 1.4; }
.post img, .repeat img { display: block; width: 100%; height: auto; aspect-ratio: 1; object-fit: cover; border-radius: 3px; background: var(--wash); }
.post .likes { margin-top: .45rem; }
.post .likes b { font-size: 1.0625rem; letter-spacing: -.01em; }
.post .of { color: var(--soft); overflow-wrap: anywhere; }
.repeats { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); gap: 1.25rem; }
.repeat { display: grid; grid-template-columns: 5.5rem minmax(0, 1fr); gap: 1rem; font-size: .875rem; line-height: 1.4; align-items: start; }
.repeat li { overflow-wrap: anywhere; }
.repeat .no-picture { font-size: .75rem; }
.users-table th[scope="row"] { white-space: normal; overflow-wrap: anywhere; min-width: 8rem; }
.figures-table th[scope="row"] { white-space: normal; min-width: 9rem; }
.plot + .note + .scroll, .note + .scroll { margin-top: 1.75rem; }
.chart .cloud circle { fill: var(--plain); fill-opacity: .45; stroke: none; }
.chart .reach line { stroke: var(--plain); stroke-width: 1; }
h3 small { display: block; margin-left: 0; }
.day { white-space: nowrap; }
.repeat li small { display: block; }
.repeat li + li { margin-top: .35rem; }
`;
