/**
 * `npm run soak -- NAME --minutes 30 --seed 7 --json`: what tests do a few times, done for as long as wanted. It uses
 * what `npm run build` made. Exit status: 0 everything held, 1 something broke, 2 wrong usage.
 */
import { parseArgs } from 'node:util';
import { soaks } from './soaks.js';

const options = /** @type {const} */ ({
  minutes: { type: 'string', default: '30' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
});

/** @param {readonly string[]} argv */
async function main(argv) {
  const asked = parse(argv);
  if (typeof asked === 'string') {
    process.stderr.write(`${asked}\n${usage()}`);
    return 2;
  }
  const { soak, name, minutes, seed, json } = asked;
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort(new Error('Interrupted.')));
  const say = (/** @type {string} */ line) => process.stderr.write(`${new Date().toISOString()} ${line}\n`);
  say(`${name} for ${minutes} min; to do the same again: --seed ${seed}`);
  const result = await soak.run({ minutes, seed, signal: stopping.signal, say });
  process.stdout.write(
    json ? `${JSON.stringify({ soak: name, minutes, seed, ...result }, null, 2)}\n` : `${result.summary}\n`,
  );
  return result.held ? 0 : 1;
}

/** @param {readonly string[]} argv @returns what was asked for, or what is wrong with it */
function parse(argv) {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const [name = '', ...more] = positionals;
    const soak = Object.hasOwn(soaks, name) ? soaks[name] : undefined;
    if (!soak || more.length > 0) return `There is no soak "${positionals.join(' ')}".`;
    const minutes = Number(values.minutes);
    if (!(minutes > 0)) return `--minutes is ${values.minutes}; it must be a number above 0.`;
    const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
    if (!Number.isSafeInteger(seed)) return `--seed is ${values.seed}; it must be a whole number.`;
    return { soak, name, minutes, seed, json: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function usage() {
  const lines = Object.entries(soaks).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}\n`);
  return `npm run soak -- NAME [--minutes 30] [--seed N] [--json]\n${lines.join('')}`;
}

process.exitCode = await main(process.argv.slice(2));
