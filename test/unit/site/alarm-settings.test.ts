import { describe, expect, it } from 'vitest';
import { resolveSite } from '../../../src/site/resolve.js';

const of = (rest: object) => resolveSite({ name: 'shop', ...rest }, '/sites/shop');

describe('alarms and notify in a definition', () => {
  it('have defaults: nobody is named, and mail stays on the machine', () => {
    const { alarms, notify } = of({});
    expect(alarms).toMatchObject({ errorPercent: 5, silenceDuring: { promotion: [], drill: [] } });
    expect(notify).toMatchObject({ email: [], sms: [], from: 'understudy@shop.localhost', smtp: { password: 'none' } });
    expect(notify.smtp).not.toHaveProperty('host');
  });

  it('refuse an alarm that does not exist, naming the field', () => {
    expect(() => of({ alarms: { silenceDuring: { drill: ['server-dyed'] } } })).toThrow(/alarms\.silenceDuring\.drill/);
  });

  it('want a user and a password together', () => {
    const smtp = { host: 'smtp.example.com' };
    expect(() => of({ notify: { smtp: { ...smtp, user: 'x' } } })).toThrow(/notify\.smtp\.password/);
    expect(() => of({ notify: { smtp: { ...smtp, password: { variable: 'P' } } } })).toThrow(/notify\.smtp\.user/);
  });

  it("find a password's file beside the definition", () => {
    const { notify } = of({ notify: { smtp: { user: 'x', password: { file: 'secret' } } } });
    expect(notify.smtp.password).toEqual({ file: '/sites/shop/secret' });
  });
});
