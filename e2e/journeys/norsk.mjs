import { talk } from './talk.mjs';

export const journey = {
  title: 'the same on Norwegian bokmål, mails included',
  async run(world, step) {
    const { kari } = await talk(world, step, 'nb');
    await step('the page says what language it is in', async () => {
      await kari.page.locator('html[lang="nb"]').waitFor({ state: 'attached' });
    });
  },
};
