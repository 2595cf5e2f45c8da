import type { Alarm } from './alarms.js';

/** When an alarm is raised, in words: "above 5 percent for 30 s". */
export function conditionOf({
  signal,
  raisedWhen,
  threshold,
  forSeconds,
}: Pick<Alarm, 'signal' | 'raisedWhen' | 'threshold' | 'forSeconds'>): string {
  const lasting = forSeconds > 0 ? ` for ${duration(forSeconds)}` : '';
  if (signal.unit === 'state') return `true${lasting}`;
  const unit = signal.unit === 'count' ? '' : ` ${signal.unit}`;
  return `${raisedWhen} ${threshold}${unit}${lasting}`;
}

function duration(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
