/** Pictures: they get the room, the words stand back. */
export const SAMPLE_STYLE = `
.strip { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(8.4rem, 44%), 1fr)); gap: 0 1.2rem; }
.sides { display: grid; gap: 2.5rem; }
.sides h3 { margin-top: 0; }
.sample { min-width: 0; display: grid; grid-row: span 5; grid-template-rows: subgrid; padding-bottom: 1.5rem; font-size: .8125rem; line-height: 1.4; }
.sample img, .no-picture { display: block; width: 100%; height: auto; aspect-ratio: 1; object-fit: cover; border-radius: 3px; background: var(--wash); }
.no-picture { display: grid; place-items: center; color: var(--soft); }
.score { margin-top: .5rem; display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .5rem; }
.score b { font-size: 1.0625rem; letter-spacing: -.01em; }
.fate { color: var(--soft); }
.is-kept .fate { color: var(--accent); }
.caption { margin-top: .15rem; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; line-clamp: 3; overflow: hidden; overflow-wrap: anywhere; }
.tags { margin-top: .35rem; color: var(--soft); }
.tags > div { display: flex; justify-content: space-between; gap: .5rem; }
.tags .at-fault { color: var(--alarm); font-weight: 600; }
.sample details { color: var(--soft); }
.sample summary { cursor: pointer; overflow-wrap: anywhere; }
.origin span { display: block; }
.origin bdi { overflow-wrap: anywhere; font-size: .75rem; line-height: 1.35; }
@media (min-width: 48rem) {
  .sides { grid-template-columns: 1fr 1fr; gap: clamp(1.5rem, 4vw, 3.5rem); }
  .strip.small { grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); }
}
`;
