import type { Drill } from '../drill.js';
import { primaryHang, primaryKill, primaryTwice, standbyKill } from './cluster.js';
import { diskFull } from './disk-full.js';
import { instanceHang, instanceKill, phpFpmKill } from './instances.js';
import { loadSpike } from './load.js';
import { allDatabases, zoneOutage } from './outages.js';
import { balancerKill, controlPlaneKill } from './platform.js';
import { badRelease, replicaKillInBake } from './promotions.js';
import { gateLeak, replicaKill, replicaReboot } from './replicas.js';

/** Every drill, in the order in which `--all` does them. */
export const drills: readonly Drill[] = [
  instanceKill,
  instanceHang,
  phpFpmKill,
  zoneOutage,
  primaryKill,
  primaryHang,
  primaryTwice,
  standbyKill,
  diskFull,
  replicaKill,
  replicaReboot,
  gateLeak,
  replicaKillInBake,
  allDatabases,
  balancerKill,
  controlPlaneKill,
  badRelease,
  loadSpike,
];
