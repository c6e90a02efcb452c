import { formatBytes, formatCount, formatInstant } from '../format.ts';
import { type Html, type HtmlValue, html } from '../html.ts';
import type {
  ReportData,
  ReportInput,
  ReportProvenance,
  ReportSession,
  ReportThresholds,
} from '../report-data.ts';
import { renderSection, renderTable, type Table } from './section.ts';

const MAX_INPUTS = 20;
const MAX_SESSIONS = 20;

/** Where the numbers come from. */
export function renderProvenance({ provenance, thresholds, paces }: ReportData): Html {
  return renderSection(
    'provenance',
    'Provenance',
    'What the numbers were made with.',
    html`<h3>Commands</h3>${renderSessions(provenance.sessions)}
<h3>Models and thresholds</h3>${renderModels(provenance, thresholds, paces.length)}
<h3>Settings</h3><dl class="facts">${provenance.settings.map(({ name, value }) => fact(name, html`<code>${value}</code>`))}</dl>
<h3>Inputs</h3>${renderInputs(provenance.inputs)}`,
  );
}

function fact(name: string, value: HtmlValue): Html {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>
`;
}

function renderSessions(sessions: readonly ReportSession[]): Html {
  const shown = sessions.slice(-MAX_SESSIONS);
  const left = sessions.length - shown.length;
  return html`${left > 0 ? html`<p class="note">${formatCount(left)} earlier starts are in run.json.</p>` : null}<ol class="sessions">${shown.map(
    ({ startedAt, endedAt, command, node, platform, provider }) =>
      html`<li><pre><code>${command}</code></pre><p class="note">${formatInstant(startedAt)} \u2192 ${
        endedAt === null ? 'not ended by itself' : formatInstant(endedAt)
      } \u00B7 Node ${node.replace(/^v/, '')} \u00B7 ${platform} \u00B7 ${provider}</p></li>
`,
  )}</ol>`;
}

function renderModels(
  { bowerbirdVersion, encoder, heads }: ReportProvenance,
  thresholds: ReportThresholds,
  shards: number,
): Html {
  return html`<dl class="facts">
${fact('bowerbird', bowerbirdVersion)}
${fact('encoder', html`<bdi>${encoder.name}</bdi>, ${formatCount(encoder.dimension)} dimensions, on ${encoder.provider}<br>${encoder.description && html`${encoder.description}<br>`}${encoder.digest && digest(encoder.digest)}`)}
${heads.map(({ tag, name, digest: value, layout, label }) => fact(`${tag} head`, html`<bdi>${name}</bdi><br>${[layout, label].map((note) => note && html`<bdi>${note}</bdi><br>`)}${digest(value)}`))}
${fact('thresholds', describeThresholds(thresholds))}
${fact('shards', formatCount(shards))}
</dl>`;
}

function digest(value: string): Html {
  return html`<code class="digest">${value}</code>`;
}

function describeThresholds({
  minAesthetic,
  maxPunsafe,
  maxPwatermark,
  missingTags,
}: ReportThresholds): string {
  const rules = [
    minAesthetic === null ? [] : [`aesthetic > ${minAesthetic}`],
    maxPunsafe === null ? [] : [`punsafe < ${maxPunsafe}`],
    maxPwatermark === null ? [] : [`pwatermark < ${maxPwatermark}`],
  ].flat();
  return rules.length === 0 ? 'none' : `${rules.join(', ')}; missing tags: ${missingTags}`;
}

const INPUTS: Table<ReportInput> = {
  label: 'Input files',
  className: 'inputs',
  head: 'File and fingerprint',
  name: ({ path, fingerprint }) => html`<code>${path}</code><br><code class="digest">${fingerprint}</code>`,
  columns: [
    { head: 'Format', cell: ({ format }) => format },
    { head: 'Rows', cell: ({ rows }) => formatCount(rows) },
    { head: 'Size', cell: ({ bytes }) => formatBytes(bytes) },
  ],
};

function renderInputs(inputs: readonly ReportInput[]): Html {
  const shown = inputs.slice(0, MAX_INPUTS);
  const more = inputs.length - shown.length;
  return html`${renderTable(INPUTS, shown)}${
    more > 0 ? html`<p class="note">and ${formatCount(more)} more, listed in run.json</p>` : null
  }`;
}
