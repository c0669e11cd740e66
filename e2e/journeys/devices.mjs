import assert from 'node:assert/strict';
import { twoWhoTalk } from '../lib/pair.mjs';

export const journey = {
  title: 'a second device shows the full history while the first is off; then it is unlinked',
  async run(world, step) {
    const { kari, ola } = await step('two people talk', () => twoWhoTalk(world));
    const said = [];
    await step('forty messages, both ways', async () => {
      for (let i = 0; i < 20; i++) {
        const one = world.marker(`Kari sier ${i}`);
        const other = world.marker(`Ola sier ${i}`);
        await kari.say(one);
        await ola.sees(one);
        await ola.say(other);
        await kari.sees(other);
        said.push(one, other);
      }
      await kari.isSent(said.at(-2));
    });
    await step('Ola writes on while all of Kari is off', async () => {
      await kari.page.close();
      const late = world.marker('Skrevet mens Kari var borte');
      await ola.saySurely(late);
      said.push(late);
    });
    const second = await kari.otherBrowser();
    await step('her second device signs in and shows everything', async () => {
      await second.logIn();
      await second.open(ola.name);
      await second.toLatest();
      await second.sees(said.at(-1));
      for (const text of said.slice(-10)) await second.sees(text);
      await second.toBeginning();
      await second.sees(said[0]);
      const unreadable = await second.log.getByText(second.p('unreadable.key-missing')).count();
      assert.equal(unreadable, 0, 'nothing is unreadable');
    });
    await step('both devices follow the conversation', async () => {
      kari.page = await kari.context.newPage();
      kari.watch(kari.page);
      await kari.goto('/app');
      await kari.inShell();
      await kari.open(ola.name);
      await kari.toLatest();
      await second.toLatest();
      const again = world.marker('Til begge enhetene');
      await ola.saySurely(again);
      await kari.sees(again);
      await second.sees(again);
      const fromSecond = world.marker('Fra den andre enheten');
      await second.saySurely(fromSecond);
      await kari.sees(fromSecond);
      await ola.sees(fromSecond);
    });
    await step('the second device is unlinked: logged out at once, keys turned', async () => {
      await kari.toSettings('devices');
      const devices = kari.page.getByRole('list', { name: kari.t('settings.devices') });
      await devices.getByRole('listitem').nth(1).waitFor();
      await devices.getByRole('button', { name: kari.p('devices.unlink.who') }).click();
      await kari.confirm('devices.unlink.confirm');
      await second.page.getByText(second.t('login.reason.unlinked')).waitFor();
      await kari.open(ola.name);
      const after = world.marker('Etter frakobling');
      await kari.saySurely(after);
      await ola.sees(after);
    });
  },
};
