// From Enter to the other person's screen, in two Chromiums against the packaged server:
// ./crypho bench browser [--json] [--messages N]. Both pages take their own times, on the same machine's clock.
import { openWorld } from '../e2e/lib/world.mjs';

const BYTES = 500;
const WARM_UP = 10;
const PATIENCE_MS = 30_000;

const isJson = process.argv.includes('--json');
const asked = process.argv.indexOf('--messages');
const count = asked < 0 ? 100 : Number(process.argv[asked + 1]);

const world = await openWorld({ config: { 'http.rate_factor': '1000' } });
try {
  const kari = await world.person('Kari');
  const ola = await world.person('Ola');
  await kari.signUp();
  await ola.signUp();
  await kari.befriend(ola);
  await kari.writeTo(ola);
  await kari.saySurely('Hei');
  await ola.open(kari.name);
  await ola.sees('Hei');
  await kari.page.evaluate(watchEnter);
  for (const person of [kari, ola]) await person.page.evaluate(watchMessages);
  const there = [];
  const here = [];
  for (let i = 0; i < WARM_UP + count; i++) {
    const name = `nr${i}x${Math.random().toString(36).slice(2)}`;
    const text = `${name} `.padEnd(BYTES, 'et par ord til ');
    await kari.composer.fill(text);
    await kari.composer.press('Enter');
    const pressed = await kari.page.evaluate(() => globalThis.enterAt);
    const shownThere = await shownAt(ola, name);
    const shownHere = await shownAt(kari, name);
    if (i >= WARM_UP) {
      there.push(shownThere - pressed);
      here.push(shownHere - pressed);
    }
    // As someone who writes: the next one does not fall into what is still being done for the last.
    await kari.page.waitForTimeout(100 + Math.random() * 100);
  }
  print([row('shown to the other', there), row('shown to oneself', here)]);
} finally {
  await world.close();
}

/** When the message that begins with `name` was painted in this person's page. */
async function shownAt(person, name) {
  const handle = await person.page.waitForFunction((key) => globalThis.paintedAt.get(key), name, {
    timeout: PATIENCE_MS,
  });
  return handle.jsonValue();
}

function watchEnter() {
  globalThis.enterAt = 0;
  addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Enter') globalThis.enterAt = performance.timeOrigin + event.timeStamp;
    },
    { capture: true },
  );
}

/** Notes when each new message had been painted, by its first word. */
function watchMessages() {
  globalThis.paintedAt = new Map();
  const known = new Set();
  new MutationObserver(() => {
    const fresh = [];
    for (const article of document.querySelectorAll('[role=log] article')) {
      const name = /nr\d+x[0-9a-z]+/.exec(article.textContent ?? '')?.[0];
      if (name === undefined || known.has(name)) continue;
      known.add(name);
      fresh.push(name);
    }
    if (fresh.length === 0) return;
    requestAnimationFrame(() => {
      // The frame is painted after this; a message to oneself is heard after that.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        const now = performance.timeOrigin + performance.now();
        for (const name of fresh) globalThis.paintedAt.set(name, now);
      };
      port2.postMessage(null);
    });
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}

function row(name, times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => Number((sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1));
  return { row: name, messages: times.length, p50_ms: at(0.5), p95_ms: at(0.95), max_ms: at(1) };
}

function print(rows) {
  if (isJson) for (const each of rows) console.log(JSON.stringify(each));
  else console.table(rows.map(({ row: name, ...rest }) => ({ measured: name, ...rest })));
}
