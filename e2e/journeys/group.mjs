import assert from 'node:assert/strict';

export const journey = {
  title: 'a group of five: add, remove, leave, rename, hand over',
  world: { isTestBuild: true },
  async run(world, step, note) {
    const names = ['Astrid', 'Bjorn', 'Cecilie', 'David', 'Eira'];
    const people = [];
    for (const name of names) people.push(await world.person(name));
    const [astrid, bjorn, cecilie, david, eira] = people;
    await step('five people sign up', async () => {
      for (const person of people) await person.signUp();
    });
    await step('all are contacts of Astrid', async () => {
      for (const other of people.slice(1)) await astrid.befriend(other);
    });
    const group = world.marker('Nattskiftet');
    await step('Astrid makes a group with three others', async () => {
      await astrid.makeGroup(group, [bjorn, cecilie, david]);
      const hello = world.marker('Velkommen til gruppen');
      await astrid.saySurely(hello);
      for (const person of [bjorn, cecilie, david]) {
        await person.open(group);
        await person.sees(hello);
      }
    });
    const early = world.marker('Dette var før Eira kom');
    await step('everyone talks, then Eira is added and reads from then on', async () => {
      for (const person of [bjorn, cecilie, david]) {
        const text = world.marker(`Her er ${person.email.split('.')[0]}`);
        await person.saySurely(text);
        for (const other of [astrid, bjorn, cecilie, david]) await other.sees(text);
      }
      await astrid.saySurely(early);
      await astrid.addToGroup([eira]);
      await eira.open(group);
      const welcome = world.marker('Velkommen Eira');
      await astrid.saySurely(welcome);
      await eira.sees(welcome);
      assert.equal(await eira.message(early).count(), 0, 'a new member reads nothing from before');
    });

    let secret;
    await step('Cecilie is removed: nothing sent afterwards opens with anything she holds', async () => {
      const before = await keysOf(cecilie, astrid);
      await astrid.withMember(cecilie.name, 'details.member.remove');
      await astrid.confirm('details.remove.confirm');
      await astrid.member(cecilie.name).waitFor({ state: 'detached' });
      secret = world.marker('Dette skal Cecilie aldri lese');
      await astrid.saySurely(secret);
      await eira.sees(secret);
      await bjorn.sees(secret);
      await cecilie.page.getByText(cecilie.t('conversation.hindrance.removed')).waitFor();

      const envelopes = await ciphertexts(astrid);
      const held = await keysOf(cecilie, astrid);
      const present = await keysOf(astrid, astrid);
      const newest = Math.max(...present.map((key) => key.epoch));
      const digests = new Set(held.map((key) => key.digest));
      assert.ok(before.length > 0, 'she held keys while she was a member');
      assert.ok(Math.max(...held.map((key) => key.epoch)) < newest, 'none of hers is of the new epoch');
      const last = present.find((key) => key.epoch === newest);
      assert.ok(!digests.has(last.digest), 'nor is the new key under another name');

      let older = 0;
      let newer = 0;
      for (const { epoch, message } of envelopes) {
        const opens = (await cecilie.ask('test.decrypt', message)) !== null;
        if (epoch >= newest) {
          newer++;
          assert.ok(!opens, 'no ciphertext of the new epoch opens');
        } else if (opens) older++;
      }
      assert.ok(newer > 0, 'something was sent after the removal');
      assert.ok(older > 0, 'the check itself works: what she could read still opens');
      note(`${envelopes.length} ciphertexts tried with ${digests.size} keys: ${older} old ones open, of ${newer} new ones none`);
    });

    await step('renamed for all', async () => {
      const renamed = world.marker('Dagskiftet');
      await astrid.rename(renamed);
      for (const person of [bjorn, david, eira]) await person.row(renamed).waitFor();
    });
    await step('David leaves; the others talk on', async () => {
      await david.openDetails();
      await david.details.getByRole('button', { name: david.t('details.leave'), exact: true }).click();
      await david.confirm('details.leave.confirm');
      const after = world.marker('Etter at David gikk');
      await bjorn.saySurely(after);
      await eira.sees(after);
      await astrid.sees(after);
      assert.equal(await david.message(after).count(), 0);
    });
    await step('Astrid hands the group over to Bjorn, who deletes it', async () => {
      await astrid.withMember(bjorn.name, 'details.member.owner');
      await astrid.confirm('details.handover.confirm');
      await bjorn.openDetails();
      await bjorn.details.getByRole('button', { name: bjorn.t('details.delete'), exact: true }).click();
      await bjorn.confirm('details.delete.confirm');
      await astrid.page.getByText(astrid.t('conversation.missing.title')).waitFor();
    });
  },
};

/** The conversation that Astrid has open. */
const conversationOf = (astrid) => astrid.page.url().split('/').at(-1);

/** The keys that someone holds of that conversation. */
async function keysOf(person, astrid) {
  const all = await person.ask('test.keys');
  return all
    .filter((key) => key.conversation === conversationOf(astrid))
    .map((key) => ({ digest: key.digest, epoch: Number(key.epoch.split('/')[1]) }));
}

/** Every message of the conversation as the server has it, read with Astrid's own session. */
async function ciphertexts(astrid) {
  return astrid.page.evaluate(async (id) => {
    const answer = await fetch('/api/crypho.v1.ConversationService/ReadLog', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Crypho-Client': 'web' },
      body: JSON.stringify({ conversationId: id, afterSeq: '0', limit: 500 }),
    });
    const { entries } = await answer.json();
    return entries
      .filter((entry) => entry.message)
      .map((entry) => ({ epoch: Number(entry.epoch ?? 0), message: entry.message }));
  }, conversationOf(astrid));
}
