/** Kari and Ola, signed up and contacts; each has the conversation of the two open, and has seen a first message. */
export async function twoWhoTalk(world) {
  const kari = await world.person('Kari');
  const ola = await world.person('Ola');
  await kari.signUp();
  await ola.signUp();
  await kari.befriend(ola);
  await kari.writeTo(ola);
  const hello = world.marker('Hei');
  await kari.saySurely(hello);
  await ola.open(kari.name);
  await ola.sees(hello);
  return { kari, ola };
}
