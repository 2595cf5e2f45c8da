import { createServer, type Socket } from 'node:net';

export interface MailSink {
  readonly received: readonly string[];
  close(): void;
}

/** Takes every mail, as the platform's sink does, and keeps its text. */
export function startMailSink(address: string, port: number): Promise<MailSink> {
  const received: string[] = [];
  const server = createServer((socket) => converse(socket, received));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => resolve({ received, close: () => server.close() }));
  });
}

function converse(socket: Socket, received: string[]): void {
  let text: string | undefined;
  let rest = '';
  socket.on('error', () => undefined);
  socket.write('220 sink\r\n');
  socket.on('data', (data) => {
    const lines = (rest + data).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (text === undefined) {
        if (/^data/i.test(line)) text = '';
        socket.write(/^data/i.test(line) ? '354 go on\r\n' : /^quit/i.test(line) ? '221 bye\r\n' : '250 ok\r\n');
      } else if (line === '.') {
        received.push(text);
        text = undefined;
        socket.write('250 kept\r\n');
      } else {
        text += `${line}\n`;
      }
    }
  });
}
