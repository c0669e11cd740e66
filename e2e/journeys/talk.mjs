async function talk(world, step, language) {
  const kari = await world.person('Kari', { language });
  const ola = await world.person('Ola', { language });
  await step('two people sign up from mail links', async () => {
    await kari.signUp();
    await ola.signUp();
  });
  await step('Kari invites, Ola accepts', () => kari.befriend(ola));
  const first = world.marker('Hei Ola, rekker du legevakten');
  const second = world.marker('Ja, om ti minutter');
  await step('they talk both ways', async () => {
    await kari.writeTo(ola);
    await kari.saySurely(first);
    await ola.open(kari.name);
    await ola.sees(first);
    await ola.saySurely(second);
    await kari.sees(second);
  });
  await step('both reload and talk on', async () => {
    await kari.reload();
    await kari.sees(first);
    await kari.sees(second);
    await ola.reload();
    await ola.sees(second);
    const third = world.marker('Etter omlasting');
    await ola.say(third);
    await kari.sees(third);
  });
  return { kari, ola, first, second };
}

export const journey = {
  title: 'two people sign up, invite, accept, talk, reload, talk on',
  async run(world, step, note) {
    const { kari, ola, first, second } = await talk(world, step, 'en');

    await step('reply, reaction, edit and delete reach the other side', async () => {
      await ola.pick(first, 'message.reply');
      const reply = world.marker('Svar på det første');
      await ola.saySurely(reply);
      await kari.sees(reply);
      await kari.message(reply).getByRole('button', { name: kari.p('message.reply.show') }).waitFor();

      const target = kari.message(second).first();
      await target.hover();
      await target.getByRole('button', { name: kari.t('message.react'), exact: true }).click();
      await kari.button('message.react.with', { emoji: '👍' }).click();
      await ola.message(second).getByRole('button', { name: /👍/ }).waitFor();

      const edited = world.marker('Hei Ola, rettet');
      await kari.pick(first, 'message.edit');
      await kari.composer.fill(edited);
      await kari.composer.press('Enter');
      await ola.sees(edited);
      await ola.message(first).waitFor({ state: 'detached' });

      await ola.pick(second, 'message.delete');
      await ola.confirm('message.delete.confirm');
      await kari.message(second).waitFor({ state: 'detached' });
      await kari.log.getByText(kari.t('message.deleted')).first().waitFor();
    });

    await step('unread, read marks, typing and drafts', async () => {
      await kari.toContacts();
      const unread = world.marker('Ulest');
      await ola.saySurely(unread);
      await kari.page
        .getByRole('navigation', { name: kari.t('nav.label') })
        .getByRole('link', { name: kari.t('nav.conversations') })
        .click();
      await kari.row(ola.name).filter({ hasText: kari.t('list.unread', { count: 1 }) }).waitFor();
      await kari.open(ola.name);
      await kari.sees(unread);
      await ola.message(unread).getByText(ola.t('message.state.read'), { exact: true }).waitFor({ state: 'attached' });
      // What was unread ended within the view: what comes next is followed.
      for (let i = 0; i < 6; i++) {
        const long = world.marker(`Langt ${i}`);
        await ola.saySurely(`${long} ${'med flere ord om saken '.repeat(20)}`);
        await kari.isInView(long);
      }
      await ola.composer.pressSequentially('skr');
      await kari.page.getByRole('status').filter({ hasText: kari.p('conversation.typing') }).waitFor();
      await ola.composer.fill('');
      const draft = world.marker('Utkast som venter');
      await kari.composer.fill(draft);
      await kari.toContacts();
      await kari.open(ola.name);
      await kari.composerHolds(draft);
      await kari.composer.fill('');
    });

    await step('from Enter to the other screen: median of 30', async () => {
      const times = [];
      for (let i = 0; i < 30; i++) {
        const text = `maaling ${i} ${Math.random().toString(36).slice(2)}`;
        world.plant(text);
        await kari.composer.fill(text);
        const seen = ola.message(text).first().waitFor();
        const from = performance.now();
        await kari.composer.press('Enter');
        await seen;
        times.push(performance.now() - from);
      }
      times.sort((a, b) => a - b);
      note(`send to shown: median ${times[15].toFixed(0)} ms, slowest ${times[29].toFixed(0)} ms`);
    });

    await step('Kari removes the contact: the conversation goes on both sides', async () => {
      await kari.toContacts();
      await kari.button('contacts.more', { name: ola.name }).click();
      await kari.page.getByRole('menuitem', { name: kari.t('contacts.remove') }).click();
      await kari.confirm('contacts.remove.confirm');
      await kari.contact(ola.name).waitFor({ state: 'detached' });
      await ola.row(kari.name).waitFor({ state: 'detached' });
    });
  },
};

export { talk };
