import type { Drill } from '../drill.js';
import { standbyKill } from './cluster.js';
import { instanceHang, instanceKill, phpFpmKill } from './instances.js';
import { balancerKill, controlPlaneKill } from './platform.js';
import { replicaKill, replicaReboot } from './replicas.js';

/** Every drill, in the order in which `--all` does them. */
export const drills: readonly Drill[] = [
  instanceKill,
  instanceHang,
  phpFpmKill,
  replicaKill,
  replicaReboot,
  standbyKill,
  balancerKill,
  controlPlaneKill,
];
