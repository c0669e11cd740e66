// A network of a journey's own: a client in a namespace, behind one link to the router's machine. Needs
// root on Linux; where that is not to be had, journeys that ask for it are skipped.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Skipped } from '../../lib/skipped.mjs';

const RELAY = join(dirname(fileURLToPath(import.meta.url)), 'lossy-relay.mjs');
/** What a narrow link may hold back before it drops: as much as those of homes do. */
const QUEUE = ['burst', '2kb', 'latency', '300ms'];

/** @param {string} chromium the program that is to run in the namespace */
export function openNetwork(chromium) {
  const number = process.pid % 250;
  const name = `crypho-${number}`;
  const link = `cry${number}`;
  const [near, far] = [`${link}h`, `${link}c`];
  // The router's own address, a second one for a relay in front of it, and that of the link's other subnet.
  const [router, relay, other] = [`10.77.${number}.1`, `10.77.${number}.3`, `10.78.${number}.1`];
  const client = `10.77.${number}.2`;
  const moved = `10.78.${number}.2`;
  const folder = mkdtempSync(join(tmpdir(), 'crypho-network-'));
  const program = join(folder, 'chromium');
  let passing;

  try {
    run('ip', 'netns', 'add', name);
    run('ip', 'link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
  } catch (error) {
    close();
    throw new Skipped(`needs network namespaces: ${String(error.stderr ?? error).trim()}`);
  }
  for (const address of [router, relay, other]) {
    run('ip', 'address', 'add', `${address}/24`, 'dev', near);
  }
  run('ip', 'link', 'set', near, 'up');
  inside('address', 'add', `${client}/24`, 'dev', far);
  inside('link', 'set', 'lo', 'up');
  inside('link', 'set', far, 'up');
  inside('route', 'add', 'default', 'via', router);
  writeFileSync(program, `#!/bin/sh\nexec ip netns exec ${name} ${chromium} "$@"\n`, {
    mode: 0o700,
  });

  function inside(...given) {
    run('ip', '-n', name, ...given);
  }

  function close() {
    passing?.kill();
    for (const end of [
      ['link', 'delete', near],
      ['netns', 'delete', name],
    ]) {
      try {
        run('ip', ...end);
      } catch {
        // It was not made, or went with the other.
      }
    }
    rmSync(folder, { recursive: true, force: true });
  }

  return {
    router,
    relay,
    client,
    moved,
    /** Runs the browser in the namespace. */
    program,
    /** Bounds what reaches the client. */
    throttle: (kbit) =>
      run('tc', 'qdisc', 'replace', 'dev', near, 'root', 'tbf', 'rate', `${kbit}kbit`, ...QUEUE),
    unthrottle: () => run('tc', 'qdisc', 'delete', 'dev', near, 'root'),
    /** The client is elsewhere from now on, as one that goes from one wireless network to another. */
    move() {
      inside('address', 'add', `${moved}/24`, 'dev', far);
      inside('address', 'delete', `${client}/24`, 'dev', far);
      inside('route', 'replace', 'default', 'via', other);
    },
    blockUdp: () => inside('rule', 'add', 'ipproto', 'udp', 'prohibit', 'pref', '10'),
    /**
     * A relay of datagrams in front of a port of the router, which loses and delays: the kernel's own
     * means to do so is not in every kernel.
     */
    async lose(port, { loss, delayMs, seed }) {
      const all = [relay, router, port, loss, delayMs, seed].map(String);
      passing = spawn(process.execPath, [RELAY, ...all], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((ready, fail) => {
        passing.stdout.once('data', ready);
        passing.once('exit', (code) => fail(new Error(`the relay ended: ${code}`)));
      });
    },
    close,
  };
}

function run(program, ...given) {
  execFileSync(program, given, { stdio: ['ignore', 'ignore', 'pipe'] });
}
