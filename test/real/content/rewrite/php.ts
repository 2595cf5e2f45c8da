import { run } from '../../../../src/process/run.js';

/** A value for PHP to make. Texts are base64; `before` and `after` are the text before and after the rewriting. */
export type Built =
  | { readonly kind: 'null' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'double'; readonly value: string }
  | { readonly kind: 'text'; readonly before: string; readonly after: string }
  /** The serialised form of another one, as text. */
  | { readonly kind: 'nested'; readonly value: Built }
  | { readonly kind: 'array'; readonly entries: readonly (readonly [BuiltKey, Built])[] }
  | { readonly kind: 'object'; readonly class: string; readonly values: readonly Built[] }
  /** A class with a form of its own: the old interface Serializable, and SPL's. */
  | { readonly kind: 'custom'; readonly value: Built }
  | { readonly kind: 'enum' }
  /** The same value three times: twice as a reference, and once the object itself. */
  | { readonly kind: 'shared'; readonly value: Built };
export type BuiltKey = number | { readonly before: string; readonly after: string };

const classes = `
error_reporting(E_ALL & ~E_DEPRECATED & ~E_WARNING & ~E_NOTICE);
ini_set('memory_limit', '512M');
class Thing { public $a; protected $b; private $c;
  function __construct(...$v) { [$this->a, $this->b, $this->c] = $v + [null, null, null]; } }
enum Suit: string { case Hearts = 'h'; }
class Own implements Serializable { public $v;
  function __construct($v = null) { $this->v = $v; }
  function serialize() { return serialize($this->v); }
  function unserialize($d) { $this->v = unserialize($d); } }
function build($n, $which) {
  switch ($n['kind']) {
    case 'null': return null;
    case 'bool': case 'int': return $n['value'];
    case 'double': return (float) $n['value'];
    case 'text': return base64_decode($n[$which]);
    case 'nested': return serialize(build($n['value'], $which));
    case 'array': $a = [];
      foreach ($n['entries'] as [$k, $v]) { $a[is_int($k) ? $k : base64_decode($k[$which])] = build($v, $which); }
      return $a;
    case 'object': $v = array_map(fn ($x) => build($x, $which), $n['values']);
      return match ($n['class']) {
        'Thing' => new Thing(...$v), 'ArrayObject' => new ArrayObject($v), default => (object) $v };
    case 'custom': return new Own(build($n['value'], $which));
    case 'enum': return Suit::Hearts;
    case 'shared': $o = new stdClass; $o->v = build($n['value'], $which); $r = $o->v;
      $a = [$o, $o, null, null]; $a[2] = &$r; $a[3] = &$r; return $a;
  }
}
$in = json_decode(stream_get_contents(STDIN), true, 2048);
`;

async function ask<T>(program: string, input: unknown): Promise<T> {
  const { stdout } = await run('php', ['-r', classes + program], { input: JSON.stringify(input) });
  return JSON.parse(stdout) as T;
}

const bytes = (base64: string) => Buffer.from(base64, 'base64').toString('latin1');
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');

/** What PHP makes of each value, serialised, before the rewriting and as it has to be after it. */
export async function serialised(values: readonly Built[]): Promise<{ before: string; after: string }[]> {
  const answer = await ask<[string, string][]>(
    `echo json_encode(array_map(fn ($n) => [base64_encode(serialize(build($n, 'before'))),
       base64_encode(serialize(build($n, 'after')))], $in));`,
    values,
  );
  return answer.map(([before, after]) => ({ before: bytes(before), after: bytes(after) }));
}

/** Whether PHP can read each text, and whether what it read gives exactly that text again. */
export async function read(texts: readonly string[]): Promise<{ readable: boolean; same: boolean }[]> {
  return ask(
    `echo json_encode(array_map(function ($t) { $t = base64_decode($t);
       try { $v = @unserialize($t); $readable = $v !== false || $t === 'b:0;'; } catch (Throwable $e) { return ['readable' => false, 'same' => false]; }
       try { $same = serialize($v) === $t; } catch (Throwable $e) { $same = false; }
       return ['readable' => $readable, 'same' => $same]; }, $in));`,
    texts.map(base64),
  );
}
