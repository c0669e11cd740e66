/** Members of the other implementation: MlsCli (module `interop`, BouncyCastle) as a process, a line a command. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { decodeGroupInfo } from '../../src/decode.ts';
import { expand } from '../../src/derive.ts';
import { formatDeviceId } from '../../src/identity.ts';
import type { Answer, DeliveryService } from '../browser/delivery.ts';
import { fromHex, toHex } from '../browser/protocol.ts';

const ROOT = join(import.meta.dirname, '../../../../..');

/** JAVA_HOME, or a JDK 25 where Debian puts them. */
function javaHome(): string {
  const found = [
    process.env['JAVA_HOME'],
    ...readdirSync('/usr/lib/jvm').map((name) => `/usr/lib/jvm/${name}`),
  ].find((home) => home !== undefined && version(home) >= 25);
  if (found === undefined) throw new Error('no JDK 25: set JAVA_HOME');
  return found;
}

function version(home: string): number {
  try {
    const release = readFileSync(join(home, 'release'), 'utf8');
    return Number(/JAVA_VERSION="(\d+)/.exec(release)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Compiles the module and returns how to start it. */
export function buildMlsCli(): readonly string[] {
  const home = javaHome();
  execFileSync('mvn', ['-q', '-pl', 'interop', 'process-classes'], {
    cwd: ROOT,
    env: { ...process.env, JAVA_HOME: home },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const target = join(ROOT, 'interop/target');
  const classpath = `${join(target, 'classes')}:${readFileSync(join(target, 'classpath'), 'utf8')}`;
  return [join(home, 'bin/java'), '-cp', classpath, 'crypho.interop.MlsCli'];
}

/** What a commit of MlsCli comes with, not yet sent. */
export interface JavaCommit {
  readonly commit: string;
  readonly welcome: string | null;
  readonly groupInfo: string;
}

export class JavaDevice {
  readonly id: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterableIterator<string>;

  constructor(command: readonly string[], id: string) {
    const [program, ...args] = command;
    this.id = id;
    this.#process = spawn(program ?? 'java', [...args, id], { stdio: 'pipe' });
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  async ask(...words: readonly string[]): Promise<string[]> {
    this.#process.stdin.write(`${words.join(' ')}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('MlsCli ended');
    const [status, ...fields] = String(value).split(' ');
    if (status !== 'ok') throw new Error(`${words[0]}: ${value}`);
    return fields;
  }

  async keyPackage(): Promise<string> {
    return (await this.ask('key-package'))[0] ?? '';
  }

  async build(...words: readonly string[]): Promise<JavaCommit> {
    const [commit = '', welcome = '-', groupInfo = ''] = await this.ask(...words);
    return { commit, welcome: welcome === '-' ? null : welcome, groupInfo };
  }

  /** Commits through the delivery service, as the browser does. */
  async commit(delivery: DeliveryService, ...words: readonly string[]): Promise<Answer> {
    const built = await this.build(...words);
    const info = decodeGroupInfo(fromHex(built.groupInfo));
    const leaves = info.leaves.filter((leaf) => leaf !== undefined);
    const answer = delivery.submit({
      from: this.id,
      group: toHex(info.group),
      baseEpoch: String(info.epoch - 1n),
      ...built,
      hash: createHash('sha256').update(fromHex(built.commit)).digest('hex'),
      members: leaves.map((leaf) => [formatDeviceId(leaf.id), toHex(leaf.signatureKey)] as const),
    });
    await this.ask(answer.t === 'accepted' ? 'accepted' : 'dropped');
    return answer;
  }

  async process(commit: string): Promise<string> {
    return (await this.ask('process', commit))[0] ?? '';
  }

  async epoch(): Promise<string> {
    return (await this.ask('epoch'))[0] ?? '';
  }

  async members(): Promise<string[]> {
    return (await this.ask('members')).toSorted();
  }

  /** As the engine's `epochSecret(group, 'message')`, from this implementation's own exporter. */
  async secret(group: string): Promise<{ epoch: string; secret: string }> {
    const epoch = await this.epoch();
    const [exporter = ''] = await this.ask('exporter');
    const secret = await expand(fromHex(exporter), 'message', fromHex(group), BigInt(epoch));
    return { epoch, secret: toHex(secret) };
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.stdin.end();
    await ended;
  }
}
