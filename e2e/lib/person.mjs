// Someone at a browser: does what a person does, finds things by role and name.
import { freshCode } from './totp.mjs';
import { pattern, text } from './texts.mjs';

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
    await shown.waitFor();
    this.passphrase = (await shown.innerText()).replace(/\s+/g, ' ').trim();
    this.world.plant(this.passphrase);
    await this.page.getByRole('checkbox', { name: this.t('signup.passphrase.kept') }).check();
    await this.button('common.continue').click();
    const key = this.page.getByLabel(this.t('signup.totp.key'));
    await key.waitFor();
    this.totpSecret = (await key.innerText()).replace(/\s+/g, '');
    await this.field('signup.totp.code').fill(await freshCode(this.totpSecret));
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

  async inShell() {
    await this.page
      .getByRole('navigation', { name: this.t('nav.label') })
      .waitFor({ timeout: 60_000 });
  }

  async close() {
    await this.context.close();
  }
}
