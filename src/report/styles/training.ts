/** Curves of many networks, calibration, and answers beside their pictures. */
export const TRAINING_STYLE = `
.chart .thin path { fill: none; stroke-width: 1; stroke-opacity: .22; }
.chart .held path { stroke: var(--accent); }
.chart .trained path { stroke: var(--failed-1); }
.lessons { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); gap: 1.75rem 1.5rem; }
.lesson { min-width: 0; font-size: .8125rem; line-height: 1.45; }
.lesson .pictures { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem; }
.lesson.single .pictures { grid-template-columns: 1fr; }
.lesson figure { min-width: 0; }
.lesson img, .lesson .no-picture { display: block; width: 100%; height: auto; aspect-ratio: 1; object-fit: cover; border-radius: 3px; background: var(--wash); }
.lesson .no-picture { display: grid; place-items: center; color: var(--soft); }
.lesson figcaption { color: var(--soft); overflow-wrap: anywhere; margin-top: .25rem; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-clamp: 2; overflow: hidden; }
.lesson .verdict { margin-top: .4rem; }
.lessons.single { grid-template-columns: repeat(auto-fill, minmax(min(9rem, 44%), 1fr)); }
`;
