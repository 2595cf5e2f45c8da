import { SMTPServer } from 'smtp-server';
import { keepMail } from './mailbox.js';
import { readMail } from './read-mail.js';

/** Alarms and WordPress's mails are a few KB; a form may have sent a picture. */
const largestBytes = 10 * 1024 * 1024;

/**
 * The built-in mail sink's process: `mail-sink-main.js ADDRESS PORT FOLDER [UID GID]`. An SMTP server that takes every
 * mail and sends none on. Started by root, it gives its rights away before it takes the first one.
 */
function main(address: string, port: number, folder: string, account: { uid: number; gid: number } | undefined): void {
  const server = new SMTPServer({
    name: 'understudy.localhost',
    authOptional: true,
    // Nobody but programs of this machine can reach it, and there is no certificate for its address.
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    size: largestBytes,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (stream.sizeExceeded) return done(new Error(`552 A mail may have ${largestBytes} bytes.`));
        const to = session.envelope.rcptTo.map((one) => one.address).join(', ');
        const at = new Date().toISOString();
        readMail(Buffer.concat(chunks))
          .then((mail) => keepMail(folder, { at, to, ...mail }))
          .then(
            () => done(),
            (error) => done(error),
          );
      });
    },
  });
  server.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    // Whoever supervises it starts it again; without its listener it is of no use.
    if (!server.server.listening) process.exit(1);
  });
  server.listen(port, address, () => {
    if (!account) return;
    process.setgroups?.([]);
    process.setgid?.(account.gid);
    process.setuid?.(account.uid);
  });
  process.on('SIGTERM', () => server.close(() => process.exit(0)));
}

const [address, port, folder, uid, gid] = process.argv.slice(2);
if (address === undefined || port === undefined || folder === undefined) {
  throw new Error('usage: mail-sink-main.js ADDRESS PORT FOLDER [UID GID]');
}
main(address, Number(port), folder, uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) });
