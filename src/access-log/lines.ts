import type { Readable } from 'node:stream';

/**
 * The whole lines of a stream, in batches as they come. What follows the last line break is not a line.
 * Memory is bounded by the longest line.
 */
export async function* linesOf(stream: Readable): AsyncGenerator<readonly string[]> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    // What was given back of a file reads as NULs, which no line has.
    const lines: string[] = chunk.replaceAll('\0', '').split('\n');
    // Only what is new is looked through: a line may come in a great many chunks.
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines;
  }
}
