import { isUtf8 } from 'node:buffer';

/** Long enough for any plugin, short enough to leave room for the folder in which an instance unpacks it (PATH_MAX). */
const longestPathBytes = 1024;

const controlCharacter = /\p{Cc}/u;

/** Why a path cannot stand in a manifest, whose lines are text; undefined if it can. */
export function nameProblem(path: string): string | undefined {
  if (controlCharacter.test(path)) return 'has a control character in its name';
  // No character has more than three bytes for each UTF-16 unit.
  const bytes = path.length * 3 <= longestPathBytes ? 0 : Buffer.byteLength(path);
  return bytes > longestPathBytes ? `has a path of ${bytes} bytes, and ${longestPathBytes} are allowed` : undefined;
}

export const notUtf8 = 'has a name that is not UTF-8';

/** A path as it can be shown: bytes that a terminal must not get are written as \xNN. */
export function printable(path: Buffer): string {
  const text = isUtf8(path) ? path.toString() : path.toString('latin1').replace(/[\u0080-\u00ff]/g, asHex);
  const shown = text.replace(new RegExp(controlCharacter, 'gu'), asHex);
  return shown.length > 200 ? `${shown.slice(0, 120)}…${shown.slice(-60)}` : shown;
}

function asHex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/**
 * Orders paths by their UTF-8 bytes, as `LC_ALL=C sort` does. Comparing JavaScript strings orders by UTF-16 units,
 * which differs for characters beyond U+FFFF.
 */
export function byBytes(a: string, b: string): number {
  if (a === b) return 0;
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return afterSurrogates(left) - afterSurrogates(right);
  }
  return a.length - b.length;
}

/** Moves the surrogates (D800-DFFF), which stand for what lies beyond U+FFFF, behind E000-FFFF. */
function afterSurrogates(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
