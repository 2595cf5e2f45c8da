import { localReleaseArchive } from '../../../src/local/files/local-release-archive.js';
import { stagingRules } from '../../../src/release/rules.js';
import { stageRelease } from '../../../src/release/stage.js';
import { resolveSite } from '../../../src/site/resolve.js';

/** A process of its own that stages, to be killed: DOCUMENT_ROOT STATE. Says `ready` once it is about to begin. */
const [documentRoot = '', state = ''] = process.argv.slice(2);
const site = resolveSite({ name: 'shop' }, '/');
process.stdout.write('ready\n');
await stageRelease({ documentRoot, rules: stagingRules(site), archive: localReleaseArchive(state) });
process.stdout.write('done\n');
