/**
 * Bytes as text: each character stands for one byte (Latin-1), so that `length` counts bytes, as PHP's serialised
 * format does, and patterns of ASCII work on whatever encoding the bytes are in.
 */
export type ByteText = string;

export const fromBytes = (bytes: Buffer): ByteText => bytes.toString('latin1');
export const toBytes = (text: ByteText): Buffer => Buffer.from(text, 'latin1');
/** A text of characters, as the bytes of its UTF-8. */
export const fromUtf8 = (text: string): ByteText => fromBytes(Buffer.from(text, 'utf8'));
/** As characters; bytes that are no UTF-8 become the replacement character. */
export const toUtf8 = (text: ByteText): string => toBytes(text).toString('utf8');
