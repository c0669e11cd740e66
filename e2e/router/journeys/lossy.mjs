import assert from 'node:assert/strict';
import { allSeeAndHear } from '../lib/world.mjs';

const PORT = 41_077;
const MEASURE_MS = 10_000;

export const journey = {
  title: 'at 5 % loss and 50 ms delay each way nine of ten pictures are decoded',
  world: {
    hasNetwork: true,
    // Everyone goes through the relay, which stands at the address that is announced.
    routerFlags: ({ relay }) => ['--announce', relay, '--port', `${PORT}`, '--tcp-port', 'off'],
  },
  async run(world, step, note) {
    await world.network.lose(PORT, { loss: 0.05, delayMs: 50, seed: 7 });
    const kari = await world.enter('Kari');
    const browser = await world.browser({ program: world.network.program });
    const ola = await world.enter('Ola', {}, browser);
    await step('both decode pictures and sound', () => allSeeAndHear([kari, ola]));
    await step('and go on', async () => {
      const [before, sentBefore] = await Promise.all([both(kari, ola), sent(kari, ola)]);
      await new Promise((wake) => setTimeout(wake, MEASURE_MS));
      const [after, sentAfter] = await Promise.all([both(kari, ola), sent(kari, ola)]);
      for (const i of [0, 1]) {
        const decoded = after[i].framesDecoded - before[i].framesDecoded;
        const wanted = sentAfter[i] - sentBefore[i];
        const { packetsLost, packetsReceived } = after[i];
        note(
          `${decoded} of ${wanted} frames; ${packetsLost} packets lost for good of ${packetsReceived}`,
        );
        assert.ok(wanted > 100, `only ${wanted} frames were sent`);
        assert.ok(decoded >= 0.9 * wanted, `${decoded} of ${wanted} frames decoded`);
      }
      await allSeeAndHear([kari, ola]);
    });
  },
};

/** What Ola has of Kari's, and Kari of Ola's. */
const both = (kari, ola) => Promise.all([ola.of(kari, 'camera'), kari.of(ola, 'camera')]);

/** Frames that Kari and Ola sent. */
const sent = (...people) =>
  Promise.all(
    people.map(async (person) => {
      const { sent: all } = await person.stats();
      return all.find((each) => each.label === 'camera').framesSent;
    }),
  );
