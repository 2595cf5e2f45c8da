import type { Verb } from './command.js';
import { alarms } from './commands/alarms.js';
import { aws } from './commands/aws.js';
import { certificate } from './commands/certificate.js';
import { content } from './commands/content.js';
import { demo } from './commands/demo.js';
import { dev } from './commands/dev.js';
import { doctor } from './commands/doctor.js';
import { down } from './commands/down.js';
import { drill } from './commands/drill.js';
import { gate } from './commands/gate.js';
import { importVerb } from './commands/import.js';
import { inbox } from './commands/inbox.js';
import { init } from './commands/init.js';
import { logs } from './commands/logs.js';
import { open } from './commands/open.js';
import { promote } from './commands/promote.js';
import { releases } from './commands/releases.js';
import { replica } from './commands/replica.js';
import { rollback } from './commands/rollback.js';
import { shell } from './commands/shell.js';
import { status } from './commands/status.js';
import { sync } from './commands/sync.js';
import { traffic } from './commands/traffic.js';
import { up } from './commands/up.js';

/** Every command, in the order in which `--help` lists them. */
export const verbs: readonly Verb[] = [
  init,
  doctor,
  up,
  status,
  open,
  promote,
  rollback,
  sync,
  certificate,
  releases,
  importVerb,
  content,
  shell,
  logs,
  traffic,
  alarms,
  inbox,
  gate,
  replica,
  drill,
  dev,
  down,
  aws,
  demo,
];
