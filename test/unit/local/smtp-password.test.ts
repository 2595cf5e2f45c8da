import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layoutFor } from '../../../src/local/layout.js';
import { monitoringFiles } from '../../../src/local/monitoring/settings.js';
import { smtpPassword } from '../../../src/local/monitoring/smtp-password.js';
import { resolveSite } from '../../../src/site/resolve.js';
import { writeFileAtomic } from '../../../src/state/atomic-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-password-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const layout = () => layoutFor(join(folder, 'understudy.config.ts'), false, {});
const site = (password: 'none' | { file: string } | { variable: string }) =>
  resolveSite({ name: 'shop', notify: { smtp: { user: password === 'none' ? '' : 'x', password } } }, folder);

describe('the password of the mail server', () => {
  it('comes from the variable of whoever runs up', async () => {
    const found = await smtpPassword(layout(), site({ variable: 'SMTP' }), { SMTP: 'geheim' });
    expect(found?.reveal()).toBe('geheim');
    expect(`${found}`).toBe('***');
  });

  it('stays as it was kept where the variable is not set any more', async () => {
    await writeFileAtomic(monitoringFiles.smtpPassword(layout()), 'kept');
    expect(await smtpPassword(layout(), site({ variable: 'SMTP' }), {})).toBeUndefined();
  });

  it('is asked for, by the name of the variable, where there never was one', async () => {
    const asking = smtpPassword(layout(), site({ variable: 'SMTP' }), {});
    await expect(asking).rejects.toMatchObject({ code: 'password-missing', kind: 'usage', message: /SMTP/ });
  });

  it('comes from a file beside the definition, without the end of its line', async () => {
    const file = join(folder, 'password');
    await writeFile(file, 'geheim\n', { mode: 0o600 });
    expect((await smtpPassword(layout(), site({ file: './password' })))?.reveal()).toBe('geheim');
    await chmod(file, 0o644);
    await expect(smtpPassword(layout(), site({ file: './password' }))).rejects.toMatchObject({
      code: 'password-missing',
      message: /Everybody on this machine may read/,
    });
  });

  it('is none where the definition names none', async () => {
    expect(await smtpPassword(layout(), site('none'), { SMTP: 'geheim' })).toBeUndefined();
  });
});
