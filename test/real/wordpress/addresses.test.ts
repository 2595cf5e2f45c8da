import { expect, test } from 'vitest';
import { run } from '../../../src/process/run.js';
import { devUrl, parts, prodUrl } from './document-root.js';

async function php(code: string, input: unknown): Promise<unknown> {
  const load = `require '${parts}/mu-plugins/understudy/address-rewriter.php';`;
  const { stdout, stderr } = await run('php8.2', ['-d', 'display_errors=stderr', '-r', load + code], {
    input: JSON.stringify(input),
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const rewrite = (text: string, own = prodUrl, others: readonly string[] = [devUrl]) =>
  php(
    `[$own, $others, $text] = json_decode(stream_get_contents(STDIN), true);
     echo json_encode((new Understudy_Address_Rewriter($own, $others))->rewrite($text));`,
    [own, others, text],
  );

test.each([
  ['a link', '<a href="https://dev.demo.localhost:8443/a?b=1#c">', '<a href="https://demo.localhost:8443/a?b=1#c">'],
  ['http', 'http://dev.demo.localhost:8443/', 'https://demo.localhost:8443/'],
  ['upper case', 'HTTPS://Dev.Demo.Localhost:8443/', 'https://demo.localhost:8443/'],
  ['no scheme', "url('//dev.demo.localhost:8443/x.png')", "url('//demo.localhost:8443/x.png')"],
  ['the end of the text', 'https://dev.demo.localhost:8443', 'https://demo.localhost:8443'],
  ['the end of a sentence', 'See https://dev.demo.localhost:8443.', 'See https://demo.localhost:8443.'],
  ['JSON', '{"u":"https:\\/\\/dev.demo.localhost:8443\\/a"}', '{"u":"https:\\/\\/demo.localhost:8443\\/a"}'],
  ['JSON without scheme', '"\\/\\/dev.demo.localhost:8443\\/a"', '"\\/\\/demo.localhost:8443\\/a"'],
  [
    'JSON in JSON',
    '"{\\"u\\":\\"https:\\\\\\/\\\\\\/dev.demo.localhost:8443\\\\\\/a\\"}"',
    '"{\\"u\\":\\"https:\\\\\\/\\\\\\/demo.localhost:8443\\\\\\/a\\"}"',
  ],
  ['a query string', '?u=https%3A%2F%2Fdev.demo.localhost%3A8443%2Fa', '?u=https%3A%2F%2Fdemo.localhost%3A8443%2Fa'],
  [
    'a query string in lower case',
    '?u=https%3a%2f%2fdev.demo.localhost%3a8443%2fa',
    '?u=https%3a%2f%2fdemo.localhost%3A8443%2fa',
  ],
  [
    'a list of sizes',
    'https://dev.demo.localhost:8443/a 1x,https://dev.demo.localhost:8443/b 2x',
    'https://demo.localhost:8443/a 1x,https://demo.localhost:8443/b 2x',
  ],
])("dev's address in %s becomes prod's", async (_, text, expected) => {
  expect(await rewrite(text)).toBe(expected);
});

test.each([
  ['a name in running text', 'Visit dev.demo.localhost:8443 or not'],
  ['an e-mail address', 'mailto:jo@dev.demo.localhost'],
  ['another port', 'https://dev.demo.localhost:84430/ https://dev.demo.localhost/'],
  [
    'another scheme',
    'ftp://dev.demo.localhost:8443/ ftp:\\/\\/dev.demo.localhost:8443 file:///dev.demo.localhost:8443',
  ],
  ['a longer name', 'https://xdev.demo.localhost:8443/ https://my.dev.demo.localhost:8443/'],
  ['a path', '/a//dev.demo.localhost:8443/'],
])('%s stays as it is', async (_, text) => {
  expect(await rewrite(text)).toBe(text);
});

test('a name without port is not taken for the beginning of another one', async () => {
  const text =
    'https://dev.example.com/ https://dev.example.community/ https://dev.example.com.au/ https://dev.example.com:9000/ https%3A%2F%2Fdev.example.com%3A9000 https://dev.example.com-x/';
  expect(await rewrite(text, 'https://www.example.com', ['https://dev.example.com'])).toBe(
    text.replace('https://dev.example.com/', 'https://www.example.com/'),
  );
});

test('an address that is its own other address has nothing to replace', async () => {
  expect(await rewrite(prodUrl, prodUrl, [prodUrl.toUpperCase()])).toBe(prodUrl);
});

test('a text of any size that is cut into parts is rewritten as if it were whole', async () => {
  const code = `
    require '${parts}/mu-plugins/understudy/rewriting-buffer.php';
    [$own, $others, $text] = json_decode(stream_get_contents(STDIN), true);
    foreach (range(1, 200) as $size) {
      $buffer = new Understudy_Rewriting_Buffer(new Understudy_Address_Rewriter($own, $others));
      $pieces = str_split($text, $size); $out = '';
      foreach ($pieces as $at => $piece) { $out .= $buffer($piece, $at === count($pieces) - 1 ? PHP_OUTPUT_HANDLER_FINAL : PHP_OUTPUT_HANDLER_WRITE); }
      $seen[$out] = $size;
    }
    echo json_encode(array_keys($seen));`;
  const text = `<a href="${devUrl}/a">x</a>${'y'.repeat(150)} ${devUrl} ${JSON.stringify({ u: devUrl })}`.repeat(3);
  expect(await php(code, [prodUrl, [devUrl], text])).toEqual([text.replaceAll(devUrl, prodUrl)]);
});
