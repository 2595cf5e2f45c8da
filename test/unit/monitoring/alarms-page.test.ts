import { expect, it } from 'vitest';
import { alarmsPage } from '../../../src/monitoring/alarms-page.js';

it('docs/alarms.md says what the definitions say', async () => {
  await expect(alarmsPage()).toMatchFileSnapshot('../../../docs/alarms.md');
});
