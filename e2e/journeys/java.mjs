import assert from 'node:assert/strict';
import { JavaPerson } from '../lib/java.mjs';

export const journey = {
  title: 'people in Chromium and one at the Java client talk, in groups that either of them made',
  async run(world, step, note) {
    const kari = await world.person('Kari');
    const ola = await world.person('Ola');
    const java = JavaPerson.open(world, 'Jens');
    try {
      await talk({ world, step, note, kari, ola, java });
    } finally {
      await java.close();
    }
    const words = `${java.words}\n${kari.context.console.join('\n')}\n${ola.context.console.join('\n')}`;
    assert.ok(!words.includes(java.name) && !words.includes(kari.name), 'no name in anybody’s log');
    const console_ = [...kari.context.console, ...ola.context.console];
    note(`${console_.length} errors and warnings in the browsers' consoles ${console_.join(' | ')}`);
    assert.deepEqual(console_, [], 'nothing in the browsers’ consoles');
  },
};

async function talk({ world, step, kari, ola, java }) {
  await step('three people sign up, one of them at the Java client', async () => {
    await kari.signUp();
    await ola.signUp();
    await java.signUp();
  });
  let direct;
  await step('Kari invites Jens, he invites Ola', async () => {
    await kari.befriend(ola);
    await kari.invite(java.email, world.marker('Hei Jens'));
    await java.ask('accept', { name: kari.name });
    await kari.contact(java.name).waitFor();
    await java.ask('invite', { email: ola.email, note: world.marker('Hei Ola') });
    await ola.accept(java.name);
  });
  await step('Kari and Jens talk both ways', async () => {
    await kari.writeTo(java);
    const first = world.marker('Fra nettleseren');
    await kari.saySurely(first);
    ({ conversation: direct } = await java.ask('direct', { account: await java.accountOf(kari) }));
    await java.sees(direct, first);
    const second = world.marker('Fra Java');
    await java.say(direct, second);
    await kari.sees(second);
  });
  await step('after a commit by Jens they still do', async () => {
    await java.ask('renew', { conversation: direct });
    const text = world.marker('Etter en ny epoke');
    await java.say(direct, text);
    await kari.sees(text);
    const answer = world.marker('Den så jeg');
    await kari.saySurely(answer);
    await java.sees(direct, answer);
  });

  const ofKari = world.marker('Karis gruppe');
  let group;
  await step('Kari makes a group with both', async () => {
    await kari.makeGroup(ofKari, [ola, java]);
    const hello = world.marker('Velkommen');
    await kari.saySurely(hello);
    group = await java.group(ofKari);
    await java.sees(group, hello);
    await ola.open(ofKari);
    await ola.sees(hello);
    for (const person of [ola, kari]) {
      const text = world.marker(`Sier ${person.email.split('.')[0]}`);
      await person.saySurely(text);
      await java.sees(group, text);
    }
    const text = world.marker('Sier Jens');
    await java.say(group, text);
    await kari.sees(text);
    await ola.sees(text);
  });
  await step('Ola is removed, Jens turns the epoch: the two read each other, Ola nothing', async () => {
    await kari.withMember(ola.name, 'details.member.remove');
    await kari.confirm('details.remove.confirm');
    await kari.member(ola.name).waitFor({ state: 'detached' });
    const secret = world.marker('Uten Ola');
    await kari.saySurely(secret);
    await java.sees(group, secret);
    await java.ask('renew', { conversation: group });
    const other = world.marker('Heller ikke dette');
    await java.say(group, other);
    await kari.sees(other);
    await ola.page.getByText(ola.t('conversation.hindrance.removed')).waitFor();
    assert.equal(await ola.message(secret).count(), 0);
    assert.equal(await ola.message(other).count(), 0);
  });

  const ofJens = world.marker('Jens sin gruppe');
  await step('Jens makes a group with Kari, adds Ola, removes Kari', async () => {
    const accounts = [await java.accountOf(kari)];
    const made = (await java.ask('group', { name: ofJens, accounts })).conversation;
    const early = world.marker('Før Ola kom');
    await java.say(made, early);
    await kari.open(ofJens);
    await kari.sees(early);
    await java.ask('add', { conversation: made, accounts: [await java.accountOf(ola)] });
    await ola.open(ofJens);
    const hello = world.marker('Hei alle');
    await ola.saySurely(hello);
    await kari.sees(hello);
    await java.sees(made, hello);
    assert.equal(await ola.message(early).count(), 0, 'a new member reads nothing from before');
    await java.ask('remove', { conversation: made, accounts });
    const after = world.marker('Etter Kari');
    await java.say(made, after);
    await ola.sees(after);
    await kari.page.getByText(kari.t('conversation.hindrance.removed')).waitFor();
    assert.equal(await kari.message(after).count(), 0);
  });
}
