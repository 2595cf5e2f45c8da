import type { Report } from '../output/messages.js';
import type { TableShape } from './shapes.js';

const everyMs = 200;

/** Reports rows as they are looked at. The whole amount is the servers' estimate, and dropped once it proves too low. */
export function progressOf(report: Report, task: string, shapes: readonly TableShape[]): (rows: number) => void {
  const total = shapes.reduce((sum, { estimatedRows }) => sum + estimatedRows, 0);
  let done = 0;
  let last = 0;
  return (rows) => {
    done += rows;
    const now = performance.now();
    if (now - last < everyMs) return;
    last = now;
    report({ kind: 'progress', task, done, ...(done > total ? {} : { total }), unit: 'rows' });
  };
}
