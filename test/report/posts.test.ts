import test from 'ava';
import { JSDOM } from 'jsdom';
import { renderPostsPage } from '../../src/report/posts/page.ts';
import { cellsOf } from './page.ts';
import { emptyPostsPageData, postsPageData } from './posts-page.ts';

test('the page about posts shows users, posts, shares of the variance and repeats as text', async (t) => {
  const { document } = new JSDOM(await renderPostsPage(postsPageData())).window;
  t.deepEqual(cellsOf(document, 'users-table'), [
    ['ada', '9,000', '21', '81', '12,345'],
    ['<b>bob</b>', '–', '21', '–', '–'],
  ]);
  t.deepEqual(cellsOf(document, 'figures-table')[0], ['Likes as they are', '0.750', '0.034', '60']);
  const most = document.querySelector('#most')!.textContent.replaceAll(/\s+/g, ' ');
  t.regex(most, /12,345 likes ada 2024-05-01 a river/);
  t.regex(document.querySelector('#least')!.textContent, /1 like\b/);
  t.regex(
    document.querySelector('#standardised')!.textContent,
    /60 posts of 3 users; the user explains 75\.0 % of the variance \(3\.4 % by chance\)/,
  );
  t.regex(document.querySelector('#repeats')!.textContent, /7 posts in 1 group[\s\S]*and 5 more[\s\S]*none/);
  t.is(
    document.querySelectorAll('svg.ranked, svg.ages, svg.spreads, svg.distribution').length,
    2 * (2 + 1 + 3 + 4),
  );
  t.regex(document.querySelector('#distribution')!.textContent, /none skewness 1\.5/);
});

test('what people wrote is text: no element, attribute or request comes of it', async (t) => {
  const markup = await renderPostsPage(postsPageData());
  const { document } = new JSDOM(markup).window;
  t.is(document.querySelectorAll('script, i, section b img, [onload], [onerror]').length, 0);
  t.true([...document.querySelectorAll('img')].every(({ src }) => src.startsWith('data:image/webp;base64,')));
  t.regex(markup, /default-src 'none'; img-src data:; style-src 'sha256-/);
});

test('a table without a post has a page that says so', async (t) => {
  const { document } = new JSDOM(await renderPostsPage(emptyPostsPageData())).window;
  t.is(document.querySelectorAll('svg.chart').length, 0);
  t.regex(document.querySelector('#distribution')!.textContent, /No post has likes/);
  t.regex(document.querySelector('#repeats')!.textContent, /Files were not looked at/);
});
