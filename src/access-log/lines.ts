import type { Readable } from 'node:stream';

/**
 * The whole lines of a stream, in batches as they come. What follows the last line break is not a line.
 * Memory is bounded by the longest line.
 */
export async function* linesOf(stream: Readable): AsyncGenerator<readonly string[]> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines;
  }
}
