// Starts the servers that the load rig measures, each in the rig's namespace `sfu-sut`: ours as packaged, and Debian's
// Janus with a configuration made here.
// SPDX-License-Identifier: AGPL-3.0-or-later
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const ADDRESS = '10.99.0.1';
const NAMESPACE = 'sfu-sut';
const START_MS = 20_000;
const STOP_MS = 5_000;
const JANUS_PLUGIN = 'libjanus_videoroom.so';
const JANUS_TRANSPORT = 'libjanus_http.so';

/** Our router, alone, with one loop unless told; its rooms are made over the control channel. */
export async function startCrypho(home, folder, { loops = 1, log = 'crypho.log', flags = [] } = {}) {
  const control = path.join(folder, 'control');
  const secretFile = path.join(folder, 'secret');
  fs.writeFileSync(secretFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const server = start(
    path.join(folder, log),
    [
      path.join(home, 'crypho'),
      'router',
      '--control',
      `unix:${control}`,
      '--secret-file',
      secretFile,
      '--listen',
      ADDRESS,
      '--loops',
      String(loops),
      ...flags,
    ],
    { CRYPHO_NO_BUILD: '1' },
  );
  await until(server, () => fs.readFileSync(server.log, 'utf8').includes('ready'));
  return {
    ...server,
    rig: ['--sfu', 'crypho', '--adaptor', path.join(home, 'bench/rig/adaptor-crypho.mjs')],
    env: { CRYPHO_CONTROL: control, CRYPHO_SECRET_FILE: secretFile },
  };
}

/** Debian's Janus; `loops` 0 is its default, a thread for each connection. */
export async function startJanus(folder, { loops, port, media }) {
  const configs = path.join(folder, `janus-${loops}`);
  fs.mkdirSync(configs, { recursive: true });
  const root = janusRoot();
  const others = (kind, kept) =>
    fs
      .readdirSync(path.join(root, kind))
      .filter((name) => name.endsWith('.so') && name !== kept)
      .join(',');
  fs.writeFileSync(
    path.join(configs, 'janus.jcfg'),
    `general: {
  configs_folder = "${configs}"
  plugins_folder = "${root}/plugins"
  transports_folder = "${root}/transports"
  interface = "${ADDRESS}"
  debug_level = 4
  session_timeout = 0
  event_loops = ${loops}
}
media: { ipv6 = false, rtp_port_range = "${media}" }
nat: { ice_enforce_list = "${ADDRESS}", ignore_mdns = true }
plugins: { disable = "${others('plugins', JANUS_PLUGIN)}" }
transports: { disable = "${others('transports', JANUS_TRANSPORT)}" }
events: { broadcast = false }
`,
  );
  fs.writeFileSync(
    path.join(configs, 'janus.transport.http.jcfg'),
    `general: { base_path = "/janus", http = true, port = ${port}, ip = "${ADDRESS}", https = false }
admin: { admin_http = false, admin_https = false }
`,
  );
  fs.writeFileSync(
    path.join(configs, 'janus.plugin.videoroom.jcfg'),
    'general: { string_ids = false }\n',
  );
  const server = start(
    path.join(folder, `janus-${loops}.log`),
    ['janus', '-F', configs, '-C', path.join(configs, 'janus.jcfg')],
    {},
  );
  await until(server, () => fs.readFileSync(server.log, 'utf8').includes('HTTP webserver started'));
  return {
    ...server,
    rig: ['--sfu', 'janus', '--url', `http://${ADDRESS}:${port}/janus`],
    env: {},
  };
}

/** Debian's coturn, with one thread for relays unless told; its secret is that of time-limited passwords. */
export async function startCoturn(folder, { port, secret, threads = 1 }) {
  const server = start(
    path.join(folder, 'coturn.log'),
    [
      ...['turnserver', '-n', '--listening-ip', ADDRESS, '--relay-ip', ADDRESS],
      ...['--listening-port', String(port), '--realm', 'bench', '--use-auth-secret'],
      ...[`--static-auth-secret=${secret}`, `--relay-threads=${threads}`],
      ...['--no-tls', '--no-dtls', '--no-cli', '--log-file', 'stdout', '--simple-log'],
      ...['--pidfile', path.join(folder, 'coturn.pid'), '--userdb', path.join(folder, 'coturn.db')],
    ],
    {},
  );
  await until(server, () => fs.readFileSync(server.log, 'utf8').includes('Total General servers'));
  return server;
}

/** Where Debian keeps the plugins: below the library folder of the machine's kind. */
function janusRoot() {
  const found = fs
    .readdirSync('/usr/lib')
    .map((each) => path.join('/usr/lib', each, 'janus'))
    .find(fs.existsSync);
  if (found === undefined) throw new Error('Janus has no plugins below /usr/lib.');
  return found;
}

/** `ip netns exec` and the scripts that follow it replace themselves, so that the process is the server's. */
function start(log, command, env) {
  const out = fs.openSync(log, 'w');
  const child = spawn('ip', ['netns', 'exec', NAMESPACE, ...command], {
    stdio: ['ignore', out, out],
    env: { ...process.env, ...env },
  });
  fs.closeSync(out);
  const ended = new Promise((resolve) => child.on('close', resolve));
  const stop = async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
    child.kill('SIGKILL');
  };
  return { pid: child.pid, log, stop, isRunning: () => child.exitCode === null };
}

async function until(server, isReady) {
  const deadline = Date.now() + START_MS;
  while (!isReady()) {
    if (!server.isRunning() || Date.now() > deadline) {
      await server.stop();
      throw new Error(
        `A server did not start:\n${fs.readFileSync(server.log, 'utf8').slice(-2000)}`,
      );
    }
    await sleep(50);
  }
}
