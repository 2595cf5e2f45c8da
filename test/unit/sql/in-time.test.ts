import { describe, expect, test } from 'vitest';
import { inTime } from '../../../src/sql/in-time.js';

const late = () => new Error('late');

describe('an answer in time', () => {
  test('is passed on', async () => {
    await expect(inTime(Promise.resolve(7), 50, late)).resolves.toBe(7);
    await expect(inTime(Promise.reject(new Error('refused')), 50, late)).rejects.toThrow('refused');
  });

  test('that never comes is late', async () => {
    await expect(inTime(new Promise(() => undefined), 10, late)).rejects.toThrow('late');
  });

  test('that waits in a socket while this process was busy past the deadline still counts', async () => {
    const { createServer, connect } = await import('node:net');
    const server = createServer((socket) => socket.write('answer')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const answer = inTime(new Promise((resolve) => socket.once('data', resolve)), 20, late);
    const busyUntil = performance.now() + 60;
    while (performance.now() < busyUntil);
    expect(String(await answer)).toBe('answer');
    socket.destroy();
    server.close();
  });
});
