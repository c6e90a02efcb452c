import { columnOf, type SchemaColumn } from '../tables/columns.ts';
import { type ColumnChoice, findKnownColumns } from '../tables/parts.ts';
import { shellWord } from './command.ts';

/**
 * Columns that img2dataset refuses in --save_additional_columns, because it writes its own of these names
 * (https://github.com/rom1504/img2dataset, img2dataset/main.py, `arguments_validator`).
 */
const RESERVED = [
  'key',
  'caption',
  'url',
  'width',
  'height',
  'original_width',
  'original_height',
  'status',
  'error_message',
  'exif',
  'md5',
  'sha256',
  'sha512',
];

/**
 * The img2dataset command that downloads a subset with all its columns; undefined where it has no column of URLs.
 *
 * @param columns those of the subset's files
 */
export function img2datasetCommand(
  folder: string,
  columns: readonly SchemaColumn[],
  { urlColumn, captionColumn }: ColumnChoice,
): string | undefined {
  const has = (name: string | undefined): string | undefined => name && columnOf(columns, name)?.name;
  const { url, caption } = findKnownColumns(columns, {
    urlColumn: has(urlColumn),
    captionColumn: has(captionColumn),
  });
  if (url === undefined) return undefined;
  const others = columns
    .map(({ name }) => name)
    .filter((name) => name !== url && name !== caption && !RESERVED.includes(name));
  return [
    'img2dataset --url_list',
    shellWord(folder),
    '--input_format parquet --url_col',
    shellWord(url),
    ...(caption === undefined ? [] : ['--caption_col', shellWord(caption)]),
    '--output_format webdataset --output_folder',
    shellWord(`${folder}-images`),
    ...(others.length > 0 ? ['--save_additional_columns', shellWord(JSON.stringify(others))] : []),
  ].join(' ');
}
