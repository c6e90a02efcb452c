// `npm run build`, with not a word where all is well. Plain JavaScript: nothing is compiled yet.
import { build } from 'rolldown';
import { loadConfig } from 'rolldown/config';

await build(await loadConfig('scripts/bundle/config.ts'));
