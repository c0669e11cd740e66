// Two people who are ready to talk, for `./crypho dev`: signs them up through the web client, once, and
// says how to log in as them. Usage: node seed.mjs http://localhost:5173 [file that remembers them]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { Person } from './lib/person.mjs';
import { totp } from './lib/totp.mjs';

const [url = 'http://localhost:5173', file = 'people.json'] = process.argv.slice(2);
const NAMES = [
  ['Kari Nordmann', 'kari@example.org'],
  ['Ola Hansen', 'ola@example.org'],
];

const people = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : await signUp();
writeFileSync(file, JSON.stringify(people, null, 2));
for (const { name, email, passphrase, totpSecret } of people) {
  console.log(`${name}: ${email}`);
  console.log(`  passphrase  ${passphrase}`);
  console.log(`  app key     ${totpSecret}   (code just now: ${totp(totpSecret)})`);
}

async function signUp() {
  const browser = await chromium.launch({
    executablePath: process.env.CRYPHO_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  const world = { browser, server: { url }, mail: { link: linkIn }, plant() {}, marker: (name) => name };
  try {
    const signedUp = [];
    for (const [name, email] of NAMES) {
      const person = await Person.open(world, name, { email });
      await person.signUp();
      signedUp.push(person);
    }
    const [kari, ola] = signedUp;
    await kari.befriend(ola);
    await kari.writeTo(ola);
    await kari.saySurely('Hei! Dette er en lokal prøve av Crypho.');
    return signedUp.map(({ name, email, passphrase, totpSecret }) => ({
      name,
      email,
      passphrase,
      totpSecret,
    }));
  } finally {
    await browser.close();
  }
}

/** The link in the newest mail to `to`, from the page of mails that a server without SMTP has. */
async function linkIn(to) {
  for (let tries = 0; tries < 100; tries++) {
    const mails = await fetch(`${url}/mails.json`).then((r) => r.json());
    const mail = mails.find((each) => each.to === to);
    const link = mail?.text.match(/https?:\/\/\S+/)?.[0];
    if (link) return link;
    await new Promise((wake) => setTimeout(wake, 200));
  }
  throw new Error(`no mail to ${to}`);
}
