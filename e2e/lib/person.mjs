// Someone at a browser: does what a person does, finds things by role and name.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { freshCode } from './totp.mjs';
import { pattern, text } from './texts.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PATIENCE_MS = 30_000;

export class Person {
  /** A browser context of its own: another machine, as far as the web is concerned. */
  static async open(world, name, { language = 'en', email, size, as } = {}) {
    const context = await world.browser.newContext({
      locale: language === 'nb' ? 'nb-NO' : 'en-GB',
      viewport: size ?? { width: 1280, height: 860 },
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(PATIENCE_MS);
    context.label = `${name}-${world.browser.contexts().length}`;
    context.console = [];
    const page = await context.newPage();
    const person = new Person();
    Object.assign(person, { world, context, language, page });
    person.watch(page);
    if (as) {
      Object.assign(person, {
        name: as.name,
        email: as.email,
        passphrase: as.passphrase,
        totpSecret: as.totpSecret,
      });
    } else {
      person.name = world.marker(name);
      person.email = email ?? `${name.toLowerCase()}.${Math.random().toString(36).slice(2, 9)}@example.org`;
      world.plant(person.email);
    }
    return person;
  }

  watch(page) {
    page.on('console', (m) => {
      if (m.type() === 'error' || m.type() === 'warning') {
        this.context.console.push(`${m.type()}: ${m.text()}`);
      }
    });
    page.on('pageerror', (e) => this.context.console.push(`pageerror: ${e.stack ?? e}`));
  }

  t(key, places) {
    return text(this.language, key, places);
  }

  p(key) {
    return pattern(this.language, key);
  }

  button(key, places) {
    return this.page.getByRole('button', { name: this.t(key, places), exact: true });
  }

  field(key) {
    return this.page.getByRole('textbox', { name: this.t(key) });
  }

  async goto(path) {
    await this.page.goto(this.world.server.url + path);
  }

  /** From the front page to the shell. */
  async signUp({ link } = {}) {
    if (link === undefined) {
      await this.goto('/');
      await this.page.getByRole('link', { name: this.t('landing.signup'), exact: true }).first().click();
      await this.field('signup.email').fill(this.email);
      await this.button('signup.email.submit').click();
      await this.page.getByRole('heading', { name: this.t('signup.sent.title') }).waitFor();
      link = await this.world.mail.link(this.email);
    }
    await this.page.goto(link);
    await this.field('signup.name').fill(this.name);
    await this.button('common.continue').click();
    const shown = this.page.getByLabel(this.t('signup.passphrase.generated'));
    await shown.filter({ hasText: /\S+ \S+/ }).waitFor();
    this.passphrase = (await shown.innerText()).replace(/\s+/g, ' ').trim();
    this.world.plant(this.passphrase);
    await this.page.getByRole('checkbox', { name: this.t('signup.passphrase.kept') }).check();
    await this.button('common.continue').click();
    const key = this.page.getByLabel(this.t('signup.totp.key'));
    await key.waitFor();
    this.totpSecret = (await key.innerText()).replace(/\s+/g, '');
    await this.field('login.code').fill(await freshCode(this.totpSecret));
    await this.button('signup.totp.submit').click();
    await this.inShell();
    return this;
  }

  async logIn({ isSharedComputer = false } = {}) {
    await this.goto('/login');
    await this.field('login.email').fill(this.email);
    await this.page.getByLabel(this.t('login.passphrase'), { exact: true }).fill(this.passphrase);
    if (isSharedComputer) {
      await this.page.getByRole('checkbox', { name: this.t('login.shared') }).check();
    }
    await this.button('login.submit').click();
    await this.field('login.code').fill(await freshCode(this.totpSecret));
    await this.button('login.finish').click();
    await this.inShell();
    return this;
  }

  /** A code from the authenticator app that was not used before. */
  code() {
    return freshCode(this.totpSecret);
  }

  async inShell() {
    await this.page
      .getByRole('navigation', { name: this.t('nav.label') })
      .getByRole('link', { name: this.t('nav.settings') })
      .waitFor({ timeout: 60_000 });
  }

  // ---------------------------------------------------------------- moving about

  async toContacts() {
    await this.page
      .getByRole('navigation', { name: this.t('nav.label') })
      .getByRole('link', { name: this.t('nav.contacts') })
      .click();
    await this.page.getByRole('heading', { name: this.t('contacts.title'), level: 1 }).waitFor();
  }

  async toSettings(section) {
    await this.page
      .getByRole('navigation', { name: this.t('nav.label') })
      .getByRole('link', { name: this.t('nav.settings') })
      .click();
    await this.page
      .getByRole('navigation', { name: this.t('settings.sections') })
      .getByRole('link', { name: this.t(`settings.${section}`) })
      .click();
  }

  get dialog() {
    return this.page.getByRole('dialog');
  }

  /** Presses the button of `key` in the open dialog, and waits for the dialog to go. */
  async confirm(key) {
    const dialog = this.dialog;
    await dialog.getByRole('button', { name: this.t(key), exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  // ---------------------------------------------------------------- contacts

  async invite(email, note = '') {
    await this.toContacts();
    await this.page.getByRole('main').getByRole('button', { name: this.t('contacts.invite'), exact: true }).click();
    await this.dialog.getByRole('textbox', { name: this.t('invite.email') }).fill(email);
    await this.dialog.getByRole('textbox', { name: this.t('invite.note') }).fill(note);
    await this.confirm('invite.submit');
  }

  async accept(name) {
    await this.toContacts();
    await this.button('contacts.accept.who', { name }).click();
    await this.contact(name).waitFor();
  }

  /** The row of someone who is a contact. */
  contact(name) {
    return this.page
      .getByRole('region', { name: this.t('contacts.people') })
      .getByRole('listitem')
      .filter({ hasText: name });
  }

  /** Invites `other`, who accepts: both are contacts. */
  async befriend(other) {
    await this.invite(other.email);
    await other.accept(this.name);
    await this.toContacts();
    await this.contact(other.name).waitFor();
  }

  // ---------------------------------------------------------------- conversations

  async writeTo(other) {
    await this.toContacts();
    await this.button('contacts.message', { name: other.name }).click();
    await this.composer.waitFor();
  }

  /** A conversation in the list. */
  row(name) {
    return this.page
      .getByRole('region', { name: this.t('list.label') })
      .getByRole('link')
      .filter({ hasText: name });
  }

  async open(name) {
    await this.page
      .getByRole('navigation', { name: this.t('nav.label') })
      .getByRole('link', { name: this.t('nav.conversations') })
      .click();
    await this.row(name).click();
    await this.composer.waitFor();
  }

  get composer() {
    return this.page.getByRole('textbox', { name: this.t('composer.label') });
  }

  /** To the end of the conversation, where it opened further up (at what is new). */
  async toLatest() {
    const button = this.page.getByRole('button', { name: this.p('conversation.latest') });
    const withNew = this.page.getByRole('button', { name: this.p('conversation.latest.new') });
    await this.log.getByRole('article').first().waitFor();
    const jump = button.or(withNew);
    if (await jump.isVisible()) await jump.click();
  }

  /** To the beginning of the conversation, however much has to be fetched on the way. */
  async toBeginning() {
    const top = () => this.log.evaluate((log) => (log.scrollTop = 0));
    const start = this.log.getByText(this.t('conversation.private'));
    for (let tries = 0; tries < 100; tries++) {
      await top();
      await this.page.waitForTimeout(150);
      if (await start.isVisible()) return;
    }
    throw new Error('the beginning does not come');
  }

  async composerHolds(text) {
    const field = await this.composer.elementHandle();
    await this.page.waitForFunction(([element, value]) => element.value === value, [field, text]);
  }

  get log() {
    return this.page.getByRole('log', { name: this.t('conversation.messages') });
  }

  /** The message with this text, as the timeline shows it. */
  message(text) {
    return this.log.getByRole('article').filter({ hasText: text });
  }

  async say(text) {
    await this.composer.fill(text);
    await this.composer.press('Enter');
    await this.message(text).waitFor();
  }

  async sees(text, timeout = PATIENCE_MS) {
    await this.message(text).first().waitFor({ timeout });
  }

  /** As `sees`, and its end is within the part of the conversation that is on the screen. */
  async isInView(text) {
    const message = await this.message(text).first().elementHandle({ timeout: PATIENCE_MS });
    await this.page.waitForFunction(
      ({ message, log }) => message.getBoundingClientRect().bottom <= log.getBoundingClientRect().bottom + 1,
      { message, log: await this.log.elementHandle() },
      { timeout: PATIENCE_MS },
    );
  }

  /** Says it, and waits until the server has it. */
  async saySurely(text) {
    await this.say(text);
    await this.isSent(text);
  }

  async isSent(text, timeout = 60_000) {
    // The state stands on the last message of a row of them; what is not sent yet always says so.
    const message = this.message(text).first();
    await message.waitFor({ timeout, state: 'attached' });
    await message.locator('.state-sending, .state-waiting').waitFor({ timeout, state: 'detached' });
    const refused = message.locator('.message-failed');
    if ((await refused.count()) > 0) throw new Error(`"${text}": ${await refused.innerText()}`);
  }

  /** Opens the menu of a message and picks from it. */
  async pick(text, key) {
    const message = this.message(text).first();
    await message.hover();
    await message.getByRole('button', { name: this.t('message.actions') }).click();
    await this.page.getByRole('menuitem', { name: this.t(key), exact: true }).click();
  }

  // ---------------------------------------------------------------- groups

  async makeGroup(name, people, { sharesHistory = false } = {}) {
    await this.page
      .getByRole('navigation', { name: this.t('nav.label') })
      .getByRole('link', { name: this.t('nav.conversations') })
      .click();
    await this.page
      .getByRole('region', { name: this.t('list.label') })
      .getByRole('button', { name: this.t('nav.new'), exact: true })
      .click();
    await this.page.getByRole('menuitem', { name: this.t('nav.new.group') }).click();
    const dialog = this.dialog;
    await dialog.getByRole('textbox', { name: this.t('group.new.name') }).fill(name);
    for (const person of people) {
      await dialog.getByRole('checkbox', { name: person.name }).check();
    }
    if (sharesHistory) await dialog.getByRole('checkbox', { name: this.t('group.new.history') }).check();
    await this.confirm('group.new.submit');
    await this.composer.waitFor();
  }

  get details() {
    return this.page.getByRole('complementary', { name: this.t('details.title') });
  }

  async openDetails() {
    if (await this.details.isVisible()) return;
    await this.button('conversation.details').click();
    await this.details.waitFor();
  }

  member(name) {
    return this.details.getByRole('listitem').filter({ hasText: name });
  }

  async addToGroup(people) {
    await this.openDetails();
    await this.details.getByRole('button', { name: this.t('details.add'), exact: true }).click();
    for (const person of people) {
      await this.dialog.getByRole('checkbox', { name: person.name }).check();
    }
    await this.confirm('details.add.submit');
    for (const person of people) await this.member(person.name).waitFor();
  }

  /** Opens a member's menu and picks from it. */
  async withMember(name, key) {
    await this.openDetails();
    await this.details.getByRole('button', { name: this.t('details.member.more', { name }) }).click();
    await this.page.getByRole('menuitem', { name: this.t(key), exact: true }).click();
  }

  async rename(name) {
    await this.openDetails();
    await this.details.getByRole('button', { name: this.t('details.rename'), exact: true }).click();
    await this.dialog.getByRole('textbox', { name: this.t('details.name') }).fill(name);
    await this.confirm('common.save');
  }

  // ---------------------------------------------------------------- another place

  /** The same account in a browser of its own, not logged in yet. */
  async otherBrowser(options = {}) {
    return this.world.person(this.name, { language: this.language, ...options, as: this });
  }

  /** Another tab of the same browser. */
  async otherTab() {
    const tab = Object.assign(Object.create(Person.prototype), this);
    tab.page = await this.context.newPage();
    tab.watch(tab.page);
    await tab.goto('/app');
    await tab.inShell();
    return tab;
  }

  /**
   * Asks the engine of a test build which keys it holds (`test.keys`), or to open a message with any
   * of them (`test.decrypt`). The product's own build has no such answer.
   */
  async ask(ask, message) {
    return this.page.evaluate(
      ({ ask, message }) =>
        new Promise((done, fail) => {
          const channel = new BroadcastChannel('crypho-test');
          const id = crypto.randomUUID();
          const timer = setTimeout(() => fail(new Error('no test engine answers')), 20_000);
          channel.onmessage = (event) => {
            if (event.data.id !== id || !('value' in event.data)) return;
            clearTimeout(timer);
            channel.close();
            done(event.data.value);
          };
          channel.postMessage({ id, ask, message });
        }),
      { ask, message },
    );
  }

  /** axe finds nothing on the page as it is. */
  async assertAccessible(what) {
    // Evaluated by the driver, outside the page's content security policy.
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(() => globalThis.axe.run(document));
    if (found.violations.length > 0) {
      const list = found.violations.map(
        (v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`,
      );
      throw new Error(`axe on ${what}:\n${list.join('\n')}`);
    }
  }

  async reload() {
    await this.page.reload();
    await this.inShell();
  }

  async close() {
    await this.context.close();
  }
}
