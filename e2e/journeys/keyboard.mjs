import assert from 'node:assert/strict';

/** Runs in the page: whether the focus is on the element, and whether one sees it there. */
function focusOn(element) {
  if (element !== document.activeElement) return 'elsewhere';
  const shows = (e) => {
    const style = getComputedStyle(e);
    return style.outlineStyle !== 'none' || style.boxShadow !== 'none';
  };
  const near = element.closest('.composer-box, .list-search, .field-box') ?? element;
  return shows(element) || shows(near) ? 'shown' : 'hidden';
}

/** Presses Tab until the focus is on what `matches`; what a person without a mouse does. */
async function tabTo(person, role, name, most = 60) {
  const target = person.page.getByRole(role, { name, exact: typeof name === 'string' }).first();
  for (let i = 0; i < most; i++) {
    // One look at the target itself: the page may move the focus between two looks.
    const focus = (await target.count()) === 0 ? 'elsewhere' : await target.evaluate(focusOn);
    if (focus !== 'elsewhere') {
      assert.equal(focus, 'shown', `the focus on "${name}" can be seen`);
      return;
    }
    await person.page.keyboard.press('Tab');
  }
  const seen = await person.page.evaluate(() => document.activeElement?.outerHTML.slice(0, 300));
  throw new Error(`Tab does not reach ${role} "${name}"; it is on ${seen}`);
}

export const journey = {
  title: 'sign up, invite, accept, talk and log out by keyboard alone',
  async run(world, step) {
    const kari = await world.person('Kari');
    const ola = await world.person('Ola');
    const keys = kari.page.keyboard;
    await step('Ola has an account', () => ola.signUp());
    await step('Kari signs up without a mouse', async () => {
      await kari.goto('/');
      await tabTo(kari, 'link', kari.t('landing.signup'));
      await keys.press('Enter');
      await kari.field('signup.email').waitFor();
      await tabTo(kari, 'textbox', kari.t('signup.email'));
      await keys.type(kari.email);
      await keys.press('Enter');
      await kari.page.goto(await world.mail.link(kari.email));
      await kari.field('signup.name').waitFor();
      await tabTo(kari, 'textbox', kari.t('signup.name'));
      await keys.type(kari.name);
      await keys.press('Enter');
      const shown = kari.page.getByLabel(kari.t('signup.passphrase.generated'));
      await shown.filter({ hasText: /\S+ \S+/ }).waitFor();
      kari.passphrase = (await shown.innerText()).replace(/\s+/g, ' ').trim();
      world.plant(kari.passphrase);
      await tabTo(kari, 'checkbox', kari.t('signup.passphrase.kept'));
      await keys.press('Space');
      await tabTo(kari, 'button', kari.t('common.continue'));
      await keys.press('Enter');
      const key = kari.page.getByLabel(kari.t('signup.totp.key'));
      await key.waitFor();
      kari.totpSecret = (await key.innerText()).replace(/\s+/g, '');
      await tabTo(kari, 'textbox', kari.t('login.code'));
      await keys.type(await kari.code());
      await keys.press('Enter');
      await kari.inShell();
    });
    await step('she invites Ola, who accepts', async () => {
      await tabTo(kari, 'link', kari.t('nav.contacts'));
      await keys.press('Enter');
      await kari.page.getByRole('heading', { name: kari.t('contacts.title'), level: 1 }).waitFor();
      const button = kari.page.getByRole('main').getByRole('button', { name: kari.t('contacts.invite') });
      await button.waitFor();
      for (let i = 0; i < 60 && !(await button.evaluate((e) => e === document.activeElement)); i++) {
        await keys.press('Tab');
      }
      await keys.press('Enter');
      await kari.dialog.waitFor();
      await keys.type(ola.email);
      await keys.press('Enter');
      await kari.dialog.waitFor({ state: 'detached' });
      await ola.accept(kari.name);
      await kari.contact(ola.name).waitFor();
    });
    await step('the palette leads to Ola; they talk', async () => {
      await keys.press('Control+k');
      const search = kari.page.getByRole('combobox', { name: kari.t('palette.search') });
      await search.waitFor();
      await keys.type(ola.name.split(' ')[0]);
      await kari.page.getByRole('option').first().waitFor();
      await keys.press('Enter');
      await kari.composer.waitFor();
      await tabTo(kari, 'textbox', kari.t('composer.label'));
      const hello = world.marker('Skrevet uten mus');
      await keys.type(hello);
      await keys.press('Enter');
      await kari.isSent(hello);
      await ola.open(kari.name);
      await ola.sees(hello);
      const answer = world.marker('Svar');
      await ola.saySurely(answer);
      await kari.sees(answer);
    });
    await step('the list of shortcuts opens and closes', async () => {
      await keys.press('Escape');
      await kari.page.evaluate(() => document.activeElement?.blur());
      await keys.press('?');
      await kari.page.getByRole('dialog', { name: kari.t('shortcuts.title') }).waitFor();
      await keys.press('Escape');
      await kari.dialog.waitFor({ state: 'detached' });
    });
    await step('she logs out', async () => {
      await tabTo(kari, 'link', kari.t('nav.settings'));
      await keys.press('Enter');
      await kari.page.getByRole('navigation', { name: kari.t('settings.sections') }).waitFor();
      await tabTo(kari, 'link', kari.t('settings.security'));
      await keys.press('Enter');
      await kari.button('security.logout').waitFor();
      await tabTo(kari, 'button', kari.t('security.logout'));
      await keys.press('Enter');
      await kari.dialog.waitFor();
      await tabTo(kari, 'button', kari.t('common.cancel'));
      await keys.press('Tab');
      await keys.press('Enter');
      await kari.page.getByText(kari.t('login.reason.logged-out')).waitFor();
    });
  },
};
