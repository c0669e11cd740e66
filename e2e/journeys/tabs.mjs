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
      await other.saySurely(three);
      await ola.sees(three);
      const four = world.marker('Svar til gjenværende fane');
      await ola.saySurely(four);
      await other.sees(four);
    });
  },
};
