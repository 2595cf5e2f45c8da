import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** Of the compiled program, or of its source where tests run it. */
const source = new URL('..', import.meta.url);
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** Some packages are CommonJS, and ask for Node's own modules at run time. */
const banner = `import { createRequire as understudyRequire } from 'node:module'; const require = understudyRequire(import.meta.url);`;

/**
 * One program as one file: what a host or a function in AWS runs, which has Node and nothing else. Packages are in it,
 * the SDK's clients too, so that what was tested is what runs. The same source gives the same bytes, wherever it lies.
 * @param entry module below `src`, without its extension: `aws/agent/main`
 * @returns the text of a module for Node 20 and later (`.mjs`)
 * @throws what esbuild says of source that it cannot understand or find
 */
export function bundle(entry: string): string {
  const { outputFiles } = buildSync({
    // Names in comments and in the order of modules are below it: where the program is installed does not show.
    absWorkingDir: fileURLToPath(new URL('..', source)),
    entryPoints: [fileURLToPath(new URL(`${entry}${extension}`, source))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    banner: { js: banner },
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'silent',
  });
  const [file] = outputFiles;
  if (!file) throw new Error(`esbuild made nothing of ${entry}.`);
  return file.text;
}
