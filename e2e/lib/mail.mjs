// A real SMTP server that keeps what it gets, for the journeys to read.
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** Starts it on a free port of loopback. */
export async function startMail() {
  /** @type {{to: string, subject: string, text: string, html: string}[]} */
  const mails = [];
  const waiting = new Set();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      simpleParser(stream).then((mail) => {
        mails.push({
          to: session.envelope.rcptTo.map((r) => r.address.toLowerCase()).join(','),
          subject: mail.subject ?? '',
          text: mail.text ?? '',
          html: typeof mail.html === 'string' ? mail.html : '',
        });
        for (const wake of waiting) wake();
        done();
      }, done);
    },
  });
  await new Promise((ready, fail) => {
    server.on('error', fail);
    server.listen(0, '127.0.0.1', () => ready(undefined));
  });

  /** Waits for a mail to `to` that `matches`, and takes it out. */
  async function take(to, matches = () => true, timeoutMs = 30_000) {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const at = mails.findIndex((m) => m.to === to.toLowerCase() && matches(m));
      if (at >= 0) return mails.splice(at, 1)[0];
      const left = until - Date.now();
      if (left <= 0) throw new Error(`no mail to ${to} within ${timeoutMs} ms`);
      await new Promise((wake) => {
        const go = () => {
          waiting.delete(go);
          clearTimeout(timer);
          wake(undefined);
        };
        const timer = setTimeout(go, left);
        waiting.add(go);
      });
    }
  }

  return {
    port: server.server.address().port,
    take,
    /** The first link in the text of a mail that `take` finds. */
    async link(to, matches) {
      const mail = await take(to, matches);
      const found = mail.text.match(/https?:\/\/\S+/);
      if (!found) throw new Error(`no link in the mail "${mail.subject}"`);
      return found[0];
    },
    close: () => new Promise((done) => server.close(() => done(undefined))),
  };
}
