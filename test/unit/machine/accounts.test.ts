import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findAccount, useraddArguments } from '../../../src/local/machine/accounts.js';

const folder = mkdtempSync(join(tmpdir(), 'understudy-accounts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const files = { passwd: join(folder, 'passwd'), group: join(folder, 'group') };
writeFileSync(
  files.passwd,
  'root:x:0:0:root:/root:/bin/bash\nunderstudy-db:x:999:995::/nonexistent:/usr/sbin/nologin\nunderstudy-lb:x:0:995::/:/bin/sh\nunderstudy-dev:x:998:0::/:/bin/sh\n',
);

it('an account is found with its user and group', () => {
  expect(findAccount('understudy-db', files)).toEqual({ name: 'understudy-db', uid: 999, gid: 995 });
});

it('one that does not exist is undefined, and a beginning of a name is no account', () => {
  expect(findAccount('understudy-prod', files)).toBeUndefined();
  expect(findAccount('understudy', files)).toBeUndefined();
});

it.each(['understudy-lb', 'understudy-dev'])('%s, which has the rights of root, is refused', (name) => {
  expect(() => findAccount(name, files)).toThrow(expect.objectContaining({ code: 'account-unfit' }));
});

it('an account is made without home and shell, in the group that is left over if there is one', () => {
  const plain = useraddArguments('understudy-db', false);
  expect(plain).toEqual(expect.arrayContaining(['--system', '--no-create-home', '/usr/sbin/nologin', '--user-group']));
  expect(useraddArguments('understudy-db', true)).toEqual(expect.arrayContaining(['--gid', '--no-user-group']));
});
