import type { Verb } from '../command.js';
import { operationsOf } from '../target/operations.js';

export const releases: Verb = {
  name: 'releases',
  summary: 'the releases that are kept, and which editions they were in',
  examples: [
    ['releases', 'newest first'],
    ['releases --json', 'for programs'],
  ],
  onAws: 'same',
  async run(context) {
    const { terminal } = context;
    const { columns } = await import('../text/table.js');
    const { kept, current, history } = await (await operationsOf(context)).releases();
    const rows = kept
      .map(({ number, hash, files, bytes, createdAt }) => ({
        number,
        hash,
        files,
        bytes,
        createdAt,
        editions: history.filter(({ edition }) => edition.release === number).map(({ edition }) => edition.id),
        current: current?.release === number,
      }))
      .reverse();
    terminal.result(rows, () =>
      rows.length === 0
        ? 'There are no releases yet. `understudy promote` makes the first one.'
        : columns(
            rows.map(({ number, createdAt, files, bytes, editions, current: serves }) => [
              `release ${number}`,
              createdAt.slice(0, 19).replace('T', ' '),
              `${files} files`,
              `${(bytes / 1e6).toFixed(1)} MB`,
              editions.length > 0 ? `edition ${editions.join(', ')}` : 'never served',
              serves ? 'in prod' : '',
            ]),
            0,
          ),
    );
    return 0;
  },
};
