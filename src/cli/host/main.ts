import { messageOf } from '../../output/errors.js';
import { act } from './actions.js';
import { openHost } from './open-host.js';

/** The program of the operations host: `HOST_FILE ACTION`. `aws deploy` bundles it; instance/aws/operate calls it. */
const [hostFile, action] = process.argv.slice(2);
if (hostFile === undefined || action === undefined) {
  process.stderr.write('usage: HOST_FILE ACTION\n');
  process.exit(2);
}
try {
  const status = await act(await openHost(hostFile), action);
  // Connections that are still open must not keep it alive.
  process.exit(status);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}
