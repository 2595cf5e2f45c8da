import { describe, expect, it } from 'vitest';
import type { ReportInput } from '../../../src/import/report/finding.js';
import { importFindings } from '../../../src/import/report/import-findings.js';

const input = (
  prefix: string,
  inDump: readonly string[],
  options: Readonly<Record<string, string>> = {},
): ReportInput => ({
  files: {
    wordpress: '6.8',
    dbVersion: '60000',
    requiredPhp: '7.4',
    bytes: 1,
    uploadsBytes: 1,
    plugins: [{ folder: 'gallery', requiredPhp: '9.1', extensions: ['imagick'] }],
    mustUse: [],
    config: { tablePrefix: prefix, charset: undefined, isMultisite: false, constants: [] },
  },
  loaded: {
    survey: { tables: [], prefixes: inDump, options, isMultisite: false, diskPaths: [], leftOut: [] },
    remarks: { dumper: 'MariaDB dump', server: '11.4', isComplete: false },
    collations: { utf8mb4_0900_ai_ci: 'utf8mb4_unicode_520_ci' },
  },
  php: { version: '8.2.1', extensions: ['mysqli'] },
  prefix,
  definedPrefix: 'wp_',
});

const codes = (given: ReportInput) => importFindings(given).map(({ code }) => code);

describe('the report', () => {
  it.each([
    ['the files have another prefix', 'shop7_', ['shop7_'], ['prefix-differs']],
    ['only the files have another prefix', 'shop7_', ['wp_'], ['prefix-differs']],
    ['only the dump has another prefix', 'wp_', ['shop7_'], ['prefix-differs']],
    ['the dump has another WordPress as well', 'wp_', ['wp_', 'shop7_'], ['several-wordpresses']],
    ['the dump is of something else', 'wp_', [], ['prefix-unknown']],
    ['all agree', 'wp_', ['wp_'], []],
  ])('when %s', (_, prefix, inDump, expected) => {
    expect(codes(input(prefix, inDump)).filter((code) => /prefix|several/.test(code))).toEqual(expected);
  });

  it('says before an import what would happen to the dump', () => {
    const said = importFindings(input('wp_', ['wp_'])).map(({ text }) => text);
    expect(said).toContainEqual(expect.stringMatching(/was cut off, and an import would refuse it/));
    expect(said).toContainEqual(expect.stringMatching(/utf8mb4_unicode_520_ci would stand in its place/));
  });

  it('asks of plugins that are active what PHP here has', () => {
    const active = input('wp_', ['wp_'], {
      active_plugins: 'a:1:{i:0;s:19:"gallery/gallery.php";}',
      db_version: '50000',
    });
    expect(codes(active)).toEqual(
      expect.arrayContaining([
        'php-too-old',
        'plugin-extensions-missing',
        'extensions-missing',
        'database-older-than-code',
      ]),
    );
    expect(codes(input('wp_', ['wp_']))).not.toContain('php-too-old');
  });
});
