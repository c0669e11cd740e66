// One journey's world: the router, signalling, a browser, and participants in it.
import { chromium } from 'playwright-core';
import { CAMERA, MICROPHONE } from './cameras.mjs';
import { openNetwork } from './network.mjs';
import { buildPage } from './page.mjs';
import { startRouter } from './router.mjs';
import { startSignalling } from './signalling.mjs';

const CHROMIUM = process.env.CRYPHO_CHROMIUM ?? '/usr/bin/chromium';
const ROOM = 'room';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream=fps=15',
  '--auto-accept-this-tab-capture',
  '--autoplay-policy=no-user-gesture-required',
  // Everything is on loopback, which is no network to a browser otherwise.
  '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];
const LOOPBACK = '127.0.0.1';
const POLL_MS = 100;

/**
 * @param {object} [options]
 * @param {boolean} [options.hasNetwork] whether there is a namespace for clients, behind a link
 * @param {(network: object, folder: string) => string[]} [options.routerFlags] further flags
 */
export async function openRouterWorld({ hasNetwork = false, routerFlags = () => [] } = {}) {
  const folder = await buildPage();
  const network = hasNetwork ? openNetwork(CHROMIUM) : undefined;
  try {
    return await openWorld(folder, network, routerFlags);
  } catch (error) {
    network?.close();
    throw error;
  }
}

async function openWorld(folder, network, routerFlags) {
  const listen = network?.router ?? LOOPBACK;
  const router = await startRouter((own) => [
    ...['--listen', listen, '--loops', '1', '--warm-up', '0'],
    ...routerFlags(network, own),
  ]);
  const signalling = await startSignalling({ folder, address: listen, connect: router.control });
  const browsers = [];

  const world = {
    router,
    signalling,
    network,
    log: () => router.log(),
    async finish() {
      if (/ERROR|WARN/.test(router.log()))
        throw new Error(`the router complains:\n${router.log()}`);
    },
    contexts: () => browsers.flatMap((browser) => browser.contexts()),
    /** Another browser, with other flags or by another program. */
    async browser({ flags = [], program = CHROMIUM } = {}) {
      const browser = await chromium.launch({
        executablePath: program,
        headless: true,
        args: [
          ...FLAGS,
          `--unsafely-treat-insecure-origin-as-secure=${new URL(signalling.url).origin}`,
          ...flags,
        ],
      });
      browsers.push(browser);
      return browser;
    },
    /** Somebody in the room, who sends `sources`. */
    async enter(name, options = {}, browser = browsers[0]) {
      const context = await (browser ?? (await world.browser())).newContext();
      context.label = name;
      context.console = [];
      const page = await context.newPage();
      page.on('console', (m) => context.console.push(`${m.type()}: ${m.text()}`));
      page.on('pageerror', (e) => context.console.push(`pageerror: ${e.stack ?? e}`));
      await page.goto(signalling.url);
      await page.evaluate((all) => window.enter(all), {
        room: ROOM,
        sources: [MICROPHONE, CAMERA],
        ...options,
      });
      return participant(name, page, await page.evaluate(() => window.meeting.peer));
    },
    stats: () => signalling.stats(ROOM),
    async close() {
      for (const browser of browsers) await browser.close();
      await signalling.close();
      await router.stop();
      network?.close();
    },
  };
  return world;
}

function participant(name, page, peer) {
  const stats = () => page.evaluate(() => window.meeting.stats());
  const of = async (other, label) =>
    (await stats()).taken.find((each) => each.peer === other.peer && each.label === label);
  const me = {
    name,
    page,
    peer,
    stats,
    /** What getStats says about what is taken of `other`; undefined where it is not taken. */
    of,
    do: (what, ...given) => page.evaluate(([w, g]) => window.meeting[w](...g), [what, given]),
    /** Until `look` finds, in the statistics of `label` of `other`, what it looks for. */
    async until(what, other, label, look, ms = 15_000) {
      const end = Date.now() + ms;
      for (;;) {
        const seen = await of(other, label);
        if (seen !== undefined && look(seen)) return seen;
        if (Date.now() > end)
          throw new Error(`${name}: ${what} does not come: ${JSON.stringify(seen)}`);
        await new Promise((wake) => setTimeout(wake, POLL_MS));
      }
    },
    /** Until the camera of `other` is decoded at this width. */
    becomes: (width, other, ms = 10_000) =>
      me.until(`width ${width}`, other, 'camera', (now) => now.frameWidth === width, ms),
    /** Until the meeting has been entered so often. */
    async entered(times, ms) {
      await page.waitForFunction((n) => window.meeting.entries() >= n, times, { timeout: ms });
    },
    /** Frames decoded a second over a while. */
    async frameRate(other, label, ms = 2_000) {
      const from = await of(other, label);
      await new Promise((wake) => setTimeout(wake, ms));
      const to = await of(other, label);
      return (1000 * (to.framesDecoded - from.framesDecoded)) / (to.atMs - from.atMs);
    },
  };
  return me;
}

/** Until each of `people` decodes new frames of every other's camera, and hears each of them. */
export async function allSeeAndHear(people, frames = 20, ms = 20_000) {
  await Promise.all(
    people.flatMap((person) =>
      people
        .filter((other) => other !== person)
        .flatMap((other) => [
          decodes(person, other, 'camera', frames, ms),
          hears(person, other, ms),
        ]),
    ),
  );
}

/** Until `frames` more have been decoded than now. */
export async function decodes(person, other, label, frames = 20, ms = 20_000) {
  const before = (await person.of(other, label))?.framesDecoded ?? 0;
  return person.until(
    `${label} of ${other.name}`,
    other,
    label,
    (now) => now.framesDecoded >= before + frames,
    ms,
  );
}

/** Until more sound has come: audible energy, of which less than a fifth was made up for lost packets. */
export async function hears(person, other, ms = 20_000) {
  const before = (await person.of(other, 'microphone')) ?? {
    audioEnergy: 0,
    samplesReceived: 0,
    samplesConcealed: 0,
  };
  return person.until(
    `sound of ${other.name}`,
    other,
    'microphone',
    (now) =>
      now.audioEnergy > before.audioEnergy &&
      now.samplesReceived - before.samplesReceived > 48_000 &&
      5 * (now.samplesConcealed - before.samplesConcealed) <
        now.samplesReceived - before.samplesReceived,
    ms,
  );
}
