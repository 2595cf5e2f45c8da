/** Stages DOCUMENT_ROOT into releases below STATE_DIR, as a promotion does it, in a process of its own. */
import { localReleaseArchive } from '../../dist/local/files/local-release-archive.js';
import { stagingRules } from '../../dist/release/rules.js';
import { stageRelease } from '../../dist/release/stage.js';

const [documentRoot, stateDir] = process.argv.slice(2);
const app = { kind: 'php', staticFiles: { dev: {}, prod: {} } };
const { release, made } = await stageRelease({
  documentRoot,
  rules: stagingRules({ app, promotion: { excludes: [] } }),
  archive: localReleaseArchive(stateDir),
});
process.stdout.write(JSON.stringify({ made, files: release.files, memoryMb: process.resourceUsage().maxRSS / 1024 }));
