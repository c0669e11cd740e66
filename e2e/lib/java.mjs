// Someone at the Java client: the library as a process, a JSON command a line (client/…/LineClient.java).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CLIENT = join(dirname(fileURLToPath(import.meta.url)), '../../client/target');
const PATIENCE_MS = 30_000;

export class JavaPerson {
  /** Nothing is signed up yet. Closed with its world. */
  static open(world, name) {
    const java = join(process.env.JAVA_HOME ?? '', 'bin/java');
    if (!existsSync(java)) throw new Error('JAVA_HOME names no JDK: run this by ./crypho test e2e');
    const person = new JavaPerson();
    const classPath = `${join(CLIENT, 'classes')}:${join(CLIENT, 'lib')}/*`;
    const child = spawn(
      java,
      ['-XX:+UseSerialGC', '-cp', classPath, 'crypho.client.cli.LineClient', world.server.url],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    Object.assign(person, {
      world,
      child,
      lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
      name: world.marker(name),
      email: `${name.toLowerCase()}.${Math.random().toString(36).slice(2, 9)}@example.org`,
      passphrase: `${name} ${Math.random().toString(36).slice(2)} fjord lampe`,
      words: '',
    });
    child.stderr.setEncoding('utf8').on('data', (text) => (person.words += text));
    world.plant(person.email);
    world.plant(person.passphrase);
    return person;
  }

  /** What `command` gives; an error of the client is thrown. */
  async ask(command, fields = {}) {
    this.child.stdin.write(`${JSON.stringify({ do: command, ...fields })}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`the Java client ended: ${this.words}`);
    const answer = JSON.parse(value);
    if ('error' in answer) throw new Error(`${command}: ${answer.error} ${this.words}`);
    return answer.ok;
  }

  async signUp() {
    await this.ask('start', { email: this.email });
    const link = await this.world.mail.link(this.email);
    const token = new URL(link).hash.slice(1);
    const { account } = await this.ask('signUp', {
      token,
      name: this.name,
      passphrase: this.passphrase,
    });
    this.account = account;
  }

  /** The account of a contact. */
  async accountOf(person) {
    const contacts = await this.ask('contacts');
    const found = contacts.find((each) => each.name === person.name);
    if (!found) throw new Error('no such contact');
    return found.account;
  }

  /** The id of the group of that name, once it is there. */
  async group(name) {
    return this.until(`the group`, async () => {
      const all = await this.ask('conversations');
      return all.find((each) => each.name === name)?.conversation;
    });
  }

  async say(conversation, text) {
    await this.ask('send', { conversation, text });
  }

  async sees(conversation, text) {
    await this.until(`“${text}”`, async () => {
      const said = await this.ask('read', { conversation });
      const sealed = said.find((each) => each.unreadable);
      if (sealed) throw new Error(`a message is unreadable: ${sealed.unreadable}`);
      return said.some((each) => each.text === text);
    });
  }

  async until(what, look) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (found) return found;
      if (Date.now() > end) throw new Error(`${what} does not come to the Java client`);
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }

  async close() {
    this.child.stdin.end();
    if (this.child.exitCode === null) await new Promise((gone) => this.child.once('exit', gone));
  }
}
