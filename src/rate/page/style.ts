import { BASE_STYLE } from '../../web/page-style.ts';

/** Layout: the pictures get the window but for one line above and the answers below, and nothing of it moves from one item to the next. */
export const RATE_STYLE = `
${BASE_STYLE}
.top { display: flex; align-items: center; gap: .5rem 1.25rem; padding: .5rem 1rem; min-width: 0; }
h1 { font-size: 1rem; font-weight: 650; flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
h1 .ask { font-weight: 400; color: var(--soft); }
#figures { display: flex; gap: 1.25rem; }
#figures > div { display: flex; flex-direction: row-reverse; gap: .35rem; white-space: nowrap; }
#figures dt { color: var(--soft); }
#figures dd { min-width: 2ch; text-align: right; font-weight: 600; }
#saved { min-width: 7.5rem; text-align: right; color: var(--soft); white-space: nowrap; }
#saved.late { color: var(--alarm); }
#rater { max-width: 9rem; overflow: hidden; text-overflow: ellipsis; }
#rater:disabled { color: var(--soft); cursor: default; border-color: transparent; background: none; }

#stage { position: relative; display: grid; grid-template: minmax(0, 1fr) / repeat(auto-fit, minmax(0, 1fr)); grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: .5rem; padding: 0 .5rem; min-height: 0; }
.pair #stage { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.side { display: grid; grid-template-rows: minmax(0, 1fr) auto; min-width: 0; min-height: 0; }
.frame { position: relative; display: block; width: 100%; height: 100%; padding: 0; border: 0; border-radius: 6px; background: var(--wash); overflow: hidden; touch-action: none; user-select: none; -webkit-user-select: none; -webkit-touch-callout: none; cursor: default; }
.pair .frame { cursor: pointer; }
.frame:hover { background: var(--wash); }
.frame img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; pointer-events: none; }
.frame.close img { transform: scale(var(--scale)); transform-origin: var(--x) var(--y); }
.frame.given::after { content: ""; position: absolute; inset: 0; border: 4px solid var(--accent); border-radius: 6px; }
figcaption { display: none; height: 2.75rem; padding: .25rem .25rem 0; font-size: .8125rem; line-height: 1.25rem; color: var(--soft); overflow: hidden; unicode-bidi: isolate; overflow-wrap: anywhere; }
.with-captions figcaption { display: block; }
#note { position: absolute; inset: 0; display: grid; place-items: center; text-align: center; padding: 1rem; pointer-events: none; font-size: 1.0625rem; }

footer { padding: .5rem 1rem .75rem; display: grid; gap: .4rem; }
#trouble { min-height: 1.2rem; font-size: .8125rem; line-height: 1.2rem; color: var(--alarm); text-align: center; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.choices { display: flex; justify-content: center; gap: .5rem; }
.choices button, .controls button { display: flex; align-items: center; justify-content: center; gap: .5rem; }
.choices button { height: 2.75rem; min-width: 6.25rem; padding: 0 .75rem; }
.choices .above, kbd:empty { display: none; }
.choices button.given { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.controls { display: flex; justify-content: center; gap: .5rem; }
.controls button { height: 1.875rem; border-color: transparent; background: none; color: var(--soft); font-size: .875rem; }
.controls button:hover { background: var(--wash); }
.controls [aria-pressed="true"] { color: var(--accent); }
.rating .choices { display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); gap: .35rem; max-width: 62rem; margin: 0 auto; width: 100%; }
.rating .choices button { min-width: 0; padding: 0 .25rem; gap: .35rem; }
.rating .choices .half { display: none; }
.rating.with-halves .choices { grid-template-columns: repeat(11, minmax(0, 1fr)); }
.rating.with-halves .choices .half { display: flex; }
.rating.with-halves .choices kbd { display: none; }

#naming { display: flex; justify-content: center; gap: .25rem 1.25rem; min-height: 1.35rem; min-width: 0; }
#naming > span { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#naming #facts { flex: none; color: var(--soft); }
#file { font-weight: 600; }
.soft { color: var(--soft); }
#said { min-height: 1.2rem; font-size: .8125rem; line-height: 1.2rem; color: var(--soft); text-align: center; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.review #trouble:empty, .review #figures .wide { display: none; }
#rename { width: 28rem; }
#renamed { margin-top: .5rem; overflow-wrap: anywhere; }

dialog p.row { display: flex; gap: .5rem; margin-top: 1rem; justify-content: flex-end; }
dialog input { flex: 1; min-width: 0; height: 2.125rem; border: 1px solid var(--edge); border-radius: 6px; background: var(--field); padding: 0 .6rem; }
#known { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .75rem; }
#known button { max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
#keys-hint { color: var(--soft); margin-bottom: .5rem; }
#key-list { max-height: 60vh; overflow-y: auto; }
#key-list li { display: flex; justify-content: space-between; align-items: center; gap: 1.5rem; padding: .15rem 0; }
#key-list button { min-width: 4.5rem; height: 1.875rem; }

@media (max-width: 60rem) {
  .choices button { min-width: 0; flex: 1; padding: 0 .4rem; }
  .pair .choices button { flex-direction: column; gap: .1rem; height: 3.5rem; white-space: normal; line-height: 1.1; }
  #figures .wide { display: none; }
}
@media (max-width: 40rem) and (orientation: portrait) {
  .top { padding: .4rem .6rem; gap: .25rem .75rem; flex-wrap: wrap; }
  h1 { flex: 1 1 40%; }
  #saved { min-width: 0; flex: 1; }
  #figures { order: 3; gap: 1rem; font-size: .875rem; }
  #saved { order: 4; font-size: .875rem; }
  .pair #stage { grid-template: minmax(0, 1fr) minmax(0, 1fr) / minmax(0, 1fr); grid-auto-flow: row; }
  #trouble { white-space: normal; }
  footer { padding: .25rem .5rem .5rem; gap: .25rem; }
  .choices { gap: .3rem; }
  .choices button { font-size: .8125rem; min-height: 2.75rem; }
  .choices kbd, .choices .beside { display: none; }
  .choices .above { display: block; }
  .choices [data-action="left"], .choices [data-action="right"] { display: none; }
  .pair .choices button { height: 2.75rem; }
  .rating .choices { grid-template-columns: repeat(6, minmax(0, 1fr)); }
  .rating.with-halves .choices { grid-template-columns: repeat(8, minmax(0, 1fr)); }
  .controls button kbd { display: none; }
}
@media (max-height: 30rem) {
  body { grid-template: auto minmax(0, 1fr) / minmax(0, 1fr) auto; }
  footer { display: contents; }
  .top, #naming, #said, #trouble, .choices { grid-column: 1 / -1; }
  .top { padding: .25rem 1rem; }
  #naming, #said, #trouble { margin: .1rem .5rem 0; }
  #trouble:empty { display: none; }
  .choices { margin: .3rem .5rem .4rem; }
  .rating .choices { margin: .3rem auto .4rem; padding: 0 .5rem; }
  .pair .choices button { flex-direction: row; gap: .5rem; height: 2.75rem; }
  #stage { grid-area: 2 / 1; padding-right: 0; }
  .controls { grid-area: 2 / 2; flex-direction: column; justify-content: space-evenly; gap: .1rem; padding: 0 .35rem; overflow-y: auto; }
  .controls button { min-height: 2.25rem; }
}
@media (max-height: 30rem) and (max-width: 60rem) {
  .choices kbd, .controls kbd { display: none; }
}
`;
