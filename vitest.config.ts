import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** As an installed program would be found: definitions import `understudy`. */
const alias = { understudy: fileURLToPath(new URL('./src/index.ts', import.meta.url)) };

export default defineConfig({
  test: {
    projects: [
      { resolve: { alias }, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        resolve: { alias },
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          // Real servers: starting them takes a while on a busy machine. Limits on time are for bench and drills.
          testTimeout: 120_000,
          hookTimeout: 180_000,
          pool: 'forks',
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'aws',
          include: ['test/aws/**/*.test.ts'],
          // Making templates takes a second; AWS's offline rules take some to start, on a busy machine many.
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
    globalSetup: ['test/temporary-folder.ts'],
    // Two platforms at once are what a machine with two cores can hold.
    maxWorkers: 2,
  },
});
