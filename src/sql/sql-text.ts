/** Ends a transaction that goes on, and begins one that sees one moment of all InnoDB tables. For REPEATABLE READ. */
export const beginSnapshot = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY';

/** A name in a statement. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Text in a statement, whatever the session's quoting rules and character set are. */
export function textLiteral(text: string): string {
  return `_utf8mb4 X'${Buffer.from(text, 'utf8').toString('hex')}'`;
}

export function binaryLiteral(bytes: Uint8Array): string {
  return `X'${Buffer.from(bytes).toString('hex')}'`;
}
