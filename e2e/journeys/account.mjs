import assert from 'node:assert/strict';

export const journey = {
  title: 'wrong passphrases, used links, a shared computer, and every change one can make to an account',
  async run(world, step) {
    const kari = await world.person('Kari');
    let link;
    await step('a link signs up once', async () => {
      await kari.goto('/signup');
      await kari.field('signup.email').fill(kari.email);
      await kari.button('signup.email.submit').click();
      link = await world.mail.link(kari.email);
      await kari.signUp({ link });
      assert.ok(!kari.page.url().includes('#'), 'no token stays in the address bar');
      const stranger = await world.person('Fremmed');
      await stranger.page.goto(link);
      await stranger.page.getByRole('heading', { name: stranger.t('signup.expired.title') }).waitFor();
    });
    await step('a wrong passphrase and a wrong code are refused in words', async () => {
      const other = await kari.otherBrowser();
      await other.goto('/login');
      await other.field('login.email').fill(kari.email);
      const passphrase = other.page.getByLabel(other.t('login.passphrase'), { exact: true });
      await passphrase.fill('not the passphrase at all');
      await other.button('login.submit').click();
      await other.page.getByRole('alert').filter({ hasText: other.t('login.wrong') }).waitFor();
      await passphrase.fill(kari.passphrase);
      await other.button('login.submit').click();
      await other.field('login.code').fill('000000');
      await other.button('login.finish').click();
      await other.page.getByRole('alert').filter({ hasText: other.t('login.code.wrong') }).waitFor();
      await other.field('login.code').fill(await kari.code());
      await other.button('login.finish').click();
      await other.inShell();
      await other.close();
    });
    await step('on a shared computer nothing stays', async () => {
      const library = await kari.otherBrowser();
      await library.logIn({ isSharedComputer: true });
      const kept = await library.page.evaluate(async () => {
        const databases = await indexedDB.databases();
        return { databases: databases.map((d) => d.name), storage: JSON.stringify({ ...localStorage }) };
      });
      assert.deepEqual(kept.databases, [], 'no database in the browser');
      assert.ok(!kept.storage.includes(kari.email));
      await library.page.reload();
      await library.field('login.email').waitFor();
      await library.close();
    });
    await step('name, passphrase and e-mail address change', async () => {
      await kari.toSettings('profile');
      const renamed = world.marker('Kari Endret');
      await kari.field('profile.name').fill(renamed);
      await kari.button('common.save').click();
      await kari.page.getByText(kari.t('common.saved')).first().waitFor();
      kari.name = renamed;

      await kari.toSettings('security');
      const next = world.marker('helt ny passfrase med mange ord i');
      await kari.page.getByLabel(kari.t('security.passphrase.current'), { exact: true }).fill(kari.passphrase);
      await kari.page.getByLabel(kari.t('security.passphrase.next'), { exact: true }).fill(next);
      await kari.button('security.passphrase.submit').click();
      await kari.page.getByText(kari.t('security.passphrase.done')).first().waitFor();
      kari.passphrase = next;

      const address = `ny.${Math.random().toString(36).slice(2)}@example.org`;
      world.plant(address);
      await kari.field('security.email.new').fill(address);
      await kari.page.getByLabel(kari.t('security.email.passphrase'), { exact: true }).fill(next);
      await kari.button('security.email.submit').click();
      const confirm = await world.mail.link(address);
      const tab = await kari.context.newPage();
      await tab.goto(confirm);
      await tab.getByText(kari.t('email.confirm.done')).waitFor();
      await tab.close();
      kari.email = address;
    });
    await step('the new address and passphrase log in', async () => {
      const other = await kari.otherBrowser();
      await other.logIn();
      await other.toSettings('profile');
      assert.equal(await other.field('profile.name').inputValue(), kari.name);
    });
    await step('looks: nothing for axe in any section, on a phone too, in light and dark', async () => {
      for (const section of ['profile', 'devices', 'security', 'privacy', 'appearance', 'about']) {
        await kari.page.setViewportSize({ width: 1280, height: 860 });
        await kari.toSettings(section);
        for (const scheme of ['light', 'dark']) {
          await kari.page.emulateMedia({ colorScheme: scheme });
          await kari.page.setViewportSize({ width: 390, height: 844 });
          await kari.assertAccessible(`settings/${section} ${scheme}`);
        }
      }
    });
  },
};
