import assert from 'node:assert/strict';
import { twoWhoTalk } from '../lib/pair.mjs';

export const journey = {
  title: 'two tabs of one browser; the one that does the work is closed and the other carries on',
  async run(world, step) {
    const { kari, ola } = await step('two people talk', () => twoWhoTalk(world));
    let owner = kari;
    let other = await kari.otherTab();
    await step('both tabs show and send the same', async () => {
      await other.open(ola.name);
      const one = world.marker('Fra første fane');
      await kari.saySurely(one);
      await other.sees(one);
      const two = world.marker('Fra andre fane');
      await other.saySurely(two);
      await kari.sees(two);
      await ola.sees(one);
      await ola.sees(two);
    });
    const isThereOnce = async (text) => {
      await other.isSent(text);
      await ola.sees(text);
      // Whatever was sent twice would be before the answer to it.
      const answer = world.marker('Svar til gjenværende fane');
      await ola.saySurely(answer);
      await other.sees(answer);
      assert.equal(await other.message(text).count(), 1, 'shown once where it was written');
      assert.equal(await ola.message(text).count(), 1, 'arrived once');
      assert.equal(await other.composer.inputValue(), '', 'nothing stays in the field');
    };
    await step('the tab that held the engine goes; Enter in the other right after it', async () => {
      const three = world.marker('Etter at fanen ble lukket');
      await other.composer.fill(three);
      await owner.page.close();
      await other.composer.press('Enter');
      await isThereOnce(three);
    });
    await step('again, with Enter while it goes', async () => {
      owner = other;
      other = await owner.otherTab();
      await other.open(ola.name);
      const text = world.marker('Mens fanen ble lukket');
      await other.composer.fill(text);
      await Promise.all([other.composer.press('Enter'), owner.page.close()]);
      await isThereOnce(text);
    });
    await step('the last tab is closed after a few words, which are there again', async () => {
      const words = world.marker('Ikke sendt ennå');
      await other.composer.pressSequentially(words);
      // The list shows what is on the disk: a fifth of a second behind the fingers.
      await other.row(ola.name).filter({ hasText: words }).waitFor();
      await other.page.close({ runBeforeUnload: true });
      const again = await other.otherTab();
      await again.open(ola.name);
      await again.composerHolds(words);
      assert.equal(await ola.message(words).count(), 0, 'not sent');
    });
  },
};
