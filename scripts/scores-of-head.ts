/**
 * Prints as JSON the scores that a safety head gives to embeddings, for compare-with-tensorflow.py:
 *
 *   node .build/scripts/scores-of-head.js HEAD EMBEDDINGS      (float32, row after row)
 */
import { readFileSync } from 'node:fs';
import { loadHead } from '../src/heads/load.ts';

const [path, embeddings] = process.argv.slice(2) as [string, string];
const head = await loadHead(path, { tag: 'punsafe' });
const bytes = readFileSync(embeddings);
const rows = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
console.log(JSON.stringify([...head.score(rows, rows.length / head.dimension)]));
