/**
 * `npm run bench` measures everything, `npm run bench -- NAME…` only what is named; `--json` prints one document.
 * It uses what `npm run build` made. The site that it measures is its own, in a temporary folder, and is removed.
 */
import { benches } from './benches.js';
import { machineFacts } from './machine.js';
import { BenchSite } from './site.js';
import { reportText } from './table.js';

/** @param {readonly string[]} argv */
async function main(argv) {
  const unknown = argv.filter((word) => word !== '--json' && !(word in benches));
  if (unknown.length > 0) {
    process.stderr.write(`There is no ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}, --json.\n`);
    return 2;
  }
  const named = argv.filter((word) => word in benches);
  const wanted = Object.entries(benches).filter(([name]) => named.length === 0 || named.includes(name));
  const machine = machineFacts();
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort(new Error('Interrupted.')));
  const site = await BenchSite.create(stopping.signal);
  const results = [];
  try {
    for (const [name, bench] of wanted) {
      process.stderr.write(`${name}: ${bench.summary}\n`);
      results.push(...(await bench.measure(site)).map((result) => ({ bench: name, ...result })));
    }
  } finally {
    await site.destroy();
  }
  const report = { at: new Date().toISOString(), machine, results };
  process.stdout.write(argv.includes('--json') ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
