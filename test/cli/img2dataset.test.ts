import test from 'ava';
import { img2datasetCommand } from '../../src/cli/img2dataset.ts';

const columns = (...names: string[]): { name: string; type: string }[] =>
  names.map((name) => ({ name, type: 'VARCHAR' }));

test('the command names the columns of URLs and captions and takes along all others that img2dataset can take', (t) => {
  t.is(
    img2datasetCommand(
      'best/aesthetic_7',
      columns('key', 'hash', 'URL', 'TEXT', 'WIDTH', 'original_width', 'aesthetic'),
      {},
    ),
    `img2dataset --url_list best/aesthetic_7 --input_format parquet --url_col URL --caption_col TEXT --output_format webdataset --output_folder best/aesthetic_7-images --save_additional_columns '["hash","WIDTH","aesthetic"]'`,
  );
});

test("a person's own choice goes before known names; what a shell would take apart is quoted", (t) => {
  t.is(
    img2datasetCommand("my best's", columns('url', 'link', 'alt text'), {
      urlColumn: 'LINK',
      captionColumn: 'alt text',
    }),
    `img2dataset --url_list 'my best'\\''s' --input_format parquet --url_col link --caption_col 'alt text' --output_format webdataset --output_folder 'my best'\\''s-images'`,
  );
});

test('without a column of URLs there is no command', (t) => {
  t.is(img2datasetCommand('best', columns('hash', 'aesthetic'), { urlColumn: 'link' }), undefined);
});
