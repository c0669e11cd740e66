export const journey = {
  title: 'two tabs of one browser; the first is closed and the second carries on',
  async run(world, step) {
    const kari = await world.person('Kari');
    const ola = await world.person('Ola');
    await step('two people, and a second tab for Kari', async () => {
      await kari.signUp();
      await ola.signUp();
      await kari.befriend(ola);
      await kari.writeTo(ola);
    });
    const other = await kari.otherTab();
    await step('both tabs show and send the same', async () => {
      await other.open(ola.name);
      const one = world.marker('Fra første fane');
      await kari.saySurely(one);
      await other.sees(one);
      const two = world.marker('Fra andre fane');
      await other.saySurely(two);
      await kari.sees(two);
      await ola.open(kari.name);
      await ola.sees(one);
      await ola.sees(two);
    });
    await step('the tab that held the engine goes; the other takes over', async () => {
      await kari.page.close();
      const three = world.marker('Etter at fanen ble lukket');
      // What is asked of an engine that just went stays in the field, and is sent with the next Enter.
      await other.composer.fill(three);
      for (let tries = 0; tries < 8 && (await other.message(three).count()) === 0; tries++) {
        await other.composer.press('Enter');
        await other.message(three).first().waitFor({ timeout: 5_000 }).catch(() => {});
      }
      await other.isSent(three);
      await ola.sees(three);
      const four = world.marker('Svar til gjenværende fane');
      await ola.saySurely(four);
      await other.sees(four);
    });
  },
};
