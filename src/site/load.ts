import { stat } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { hasErrno, messageOf, UnderstudyError, usageError } from '../output/errors.js';
import { definitionMissing } from './init.js';
import { resolveSite } from './resolve.js';
import type { Site } from './schema.js';

const extensions = ['.ts', '.js', '.mjs'];

export interface LoadOptions {
  /** How long the definition may take to evaluate. Default 20 s. */
  readonly deadlineMs?: number;
}

/**
 * Reads a definition, from any folder: what it imports as `understudy` is the program that runs, installed there or not.
 * It is evaluated anew each time, as code with this process's environment variables.
 * @throws all of kind usage: code `definition-missing`; `definition-failed` (it cannot be parsed, it threw, or it did
 *   not end in time), with file and line; `definition-invalid`, naming each field
 */
export async function loadSite(configPath: string, { deadlineMs = 20_000 }: LoadOptions = {}): Promise<Site> {
  const path = resolve(configPath);
  await checkFile(path);
  return resolveSite(await defaultExport(path, deadlineMs), dirname(path));
}

async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT') || hasErrno(error, 'ENOTDIR')) throw definitionMissing(path);
    throw failed(path, messageOf(error), error);
  });
  if (!found.isFile() || !extensions.includes(extname(path))) {
    throw failed(path, `a definition is a file that ends in ${extensions.join(', ')}`);
  }
}

async function defaultExport(path: string, deadlineMs: number): Promise<unknown> {
  const module = await evaluate(path, deadlineMs);
  const exported = 'default' in module || !isCommonJs(module, path) ? module.default : module;
  if (exported === undefined) {
    throw invalid(path, 'has no default export', 'Write `export default defineSite({ … })`.');
  }
  if (exported instanceof Promise) {
    // Nobody waits for it: if it is rejected, that must not end the program in place of this error.
    exported.catch(() => {});
    throw invalid(path, 'exports a promise', 'Wait for it: `export default defineSite(await …)`.');
  }
  if (typeof exported === 'function') {
    throw invalid(path, 'exports a function', 'Export what it returns: a definition is plain data.');
  }
  return exported;
}

/** An object that was given to `module.exports`: neither a real namespace nor one that was compiled. */
function isCommonJs(module: object, path: string): boolean {
  return extname(path) === '.js' && Object.getPrototypeOf(module) !== null && !Object.hasOwn(module, '__esModule');
}

async function evaluate(path: string, deadlineMs: number): Promise<Record<string, unknown>> {
  // Nothing is cached: neither in this process, since a definition may change, nor in the shared temporary
  // directory, where another user could leave code for us to run.
  const jiti = createJiti(import.meta.url, {
    alias: { understudy: ownIndex() },
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
  });
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failed(path, `it did not end within ${deadlineMs / 1000} s`)), deadlineMs);
  });
  try {
    return await Promise.race([jiti.import<Record<string, unknown>>(path), deadline]);
  } catch (error) {
    if (error instanceof UnderstudyError) throw error;
    throw failed(path, describe(error, path), error);
  } finally {
    clearTimeout(timer);
  }
}

/** The index of the running program: beside this file's folder, compiled or not. */
function ownIndex(): string {
  return fileURLToPath(new URL(`../index${extname(import.meta.url)}`, import.meta.url));
}

/** What went wrong and in which line. A parse error has its place in its text, one that was thrown in its stack. */
function describe(error: unknown, path: string): string {
  const text = messageOf(error);
  const parse = /^(?:\w+: )?(.*?)\s*\n\s*(\S.*?:\d+:\d+)/s.exec(text);
  if (parse) return `${parse[1]?.trim()} at ${parse[2]}`;
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack.indexOf(`${path}:`);
  const place = at < 0 ? undefined : /^.*?:\d+(?::\d+)?/.exec(stack.slice(at))?.[0];
  return (place ? `${text} at ${place}` : text).split('\n').slice(0, 3).join(' ');
}

function failed(path: string, why: string, cause?: unknown) {
  return usageError({
    code: 'definition-failed',
    message: `The definition ${path} could not be read: ${why}.`,
    remedy: 'Correct it and run the command again.',
    cause,
  });
}

function invalid(path: string, why: string, remedy: string) {
  return usageError({ code: 'definition-invalid', message: `The definition ${path} ${why}.`, remedy });
}
