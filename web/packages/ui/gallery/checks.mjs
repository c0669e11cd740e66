// What is asked of every story. Each check tells `complain` what it finds.
import { dress, settle, THEMES } from './stage.mjs';

const [LIGHT] = THEMES;

/** axe for everything in the light theme, and for colours, all that a theme changes, in the others named. */
export async function checkAxe(page, axe, themes, complain) {
  await page.evaluate(axe);
  await runAxe(page, LIGHT, {}, complain);
  for (const name of themes) {
    const theme = THEMES.find((each) => each.name === name);
    await dress(page, theme);
    await runAxe(page, theme, { runOnly: ['color-contrast'] }, complain);
  }
  if (themes.length > 0) await dress(page, LIGHT);
}

async function runAxe(page, theme, options, complain) {
  const violations = await page.evaluate(async (more) => {
    const found = await globalThis.axe.run(document, { resultTypes: ['violations'], ...more });
    return found.violations.map(({ id, help, nodes }) => {
      const where = nodes.map((node) => node.target.join(' ')).slice(0, 3);
      return `axe ${id}: ${help} (${where.join(', ')})`;
    });
  }, options);
  for (const each of violations) complain(`${theme.name}: ${each}`);
}

/** As narrow as WCAG 2.2 asks (1.4.10): nothing scrolls sideways, nothing is cut off. */
export async function reflow(page, complain) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  await settle(page);
  await checkWidth(page, (problem) => complain(`at 320 px: ${problem}`));
  await page.setViewportSize(before);
}

/** A laptop's window at 200 %. */
export async function enlarge(page, complain) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 720, height: 450 });
  await settle(page);
  await checkWidth(page, (problem) => complain(`at 200 %: ${problem}`));
  await page.setViewportSize(before);
  await settle(page);
}

/** Nothing is wider than the window, also where the shell would hide it. */
async function checkWidth(page, complain) {
  const found = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const isShown = (each) =>
      each.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    // What is only read aloud, and what may scroll by itself, is let off.
    const outside = '.hidden-text, .skip, .sheet, pre, [inert], :popover-open.tooltip';
    const top = document.querySelector('dialog[open]') ?? document.getElementById('app');
    const cut = [...top.querySelectorAll('h1, h2, h3, p, button, a, input, textarea, label, img')]
      .filter((each) => each.closest(outside) === null && isShown(each))
      .filter((each) => {
        const { left, right, width } = each.getBoundingClientRect();
        return width > 0 && (right > innerWidth + 1 || left < -1);
      })
      .map((each) => `${each.tagName} ${each.className} ${each.textContent.slice(0, 30)}`);
    return { overflow: scrollWidth - clientWidth, cut: cut.slice(0, 3) };
  });
  if (found.overflow > 1) complain(`wider than the window by ${found.overflow} px`);
  for (const each of found.cut) complain(`cut off: ${each}`);
}

/** Nothing is wider than the window, too small for a finger, or moving where that is not wanted. */
export async function measure(page, complain) {
  await checkWidth(page, complain);
  const { small, moving } = await page.evaluate(() => {
    const isTouch = matchMedia('(pointer: coarse)').matches;
    const top = document.querySelector('dialog[open]') ?? document;
    const reach = (element) => {
      const box = element.getBoundingClientRect();
      // A label is part of its field's target.
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
      return Math.max(box.height, ...labels.map((each) => each.getBoundingClientRect().height));
    };
    const small = [...top.querySelectorAll('button, a[href], input, [role=menuitem], [role=tab]')]
      .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      // Links in running text are let off, as WCAG 2.5.8 does; a reaction reaches outside its chip.
      .filter((each) => each.closest('p, .formatted, .skip, .quoted, .reaction, [inert]') === null)
      .filter((each) => reach(each) > 1 && reach(each) < (isTouch ? 43.5 : 24))
      .map((each) => `${each.className || each.tagName} ${Math.round(reach(each))} px`);
    const moving = document
      .getAnimations()
      .map((each) => ({ each, timing: each.effect.getComputedTiming() }))
      .filter(({ timing }) => timing.duration > 10 || timing.iterations > 1)
      .map(({ each }) => each.animationName ?? each.transitionProperty ?? '');
    return { small: [...new Set(small)], moving: [...new Set(moving)] };
  });
  for (const each of small) complain(`target too small: ${each}`);
  for (const each of moving) complain(`moves under reduced motion: ${each}`);
}

/** Tab reaches something new each time, shows where it is, and comes round; a dialog keeps it. */
export async function walk(page, complain) {
  const seen = new Set();
  const isModal = (await page.locator('dialog[open]').count()) > 0;
  for (let at = 0; at < 70; at++) {
    // Where a dialog has put the focus counts as reached.
    if (at > 0) await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const box = element.getBoundingClientRect();
      const isShown = (each) => each !== null && getComputedStyle(each).outlineStyle !== 'none';
      const around = element.closest(
        '.field-box, .composer-box, .choice-option, .palette-box, .list-search',
      );
      // A heading or a page that was given the focus is read aloud; it needs no ring. The palette's
      // field always has the focus, and the caret in it.
      const isPassive =
        element.getAttribute('tabindex') === '-1' || element.matches('.palette-field');
      const label = `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent?.slice(0, 30) ?? ''} ${Math.round(box.x)},${Math.round(box.y)}`;
      return {
        label,
        outlined: isPassive || isShown(element) || isShown(around),
        isInSight: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
        isInDialog: element.closest('dialog[open]') !== null,
        isInert: element.closest('[inert]') !== null,
      };
    });
    if (focus === null && (at === 0 || isModal)) continue;
    if (focus === null) break;
    if (!focus.isInSight && !(await comesIntoSight(page)))
      complain(`focus out of sight on ${focus.label}`);
    // What a pointer gave the focus need not show it.
    if (!focus.outlined && at > 0) complain(`focus not shown on ${focus.label}`);
    if (isModal && !focus.isInDialog) complain(`focus left the dialog: ${focus.label}`);
    if (seen.has(focus.label)) break;
    seen.add(focus.label);
  }
  const hasAny = (await page.locator('main :is(a, button, input)').count()) > 0;
  if (seen.size === 0 && hasAny) complain(`nothing can be reached by keyboard`);
}

/** A list that makes its rows as they are needed may scroll to one a frame later. */
async function comesIntoSight(page) {
  await settle(page);
  return page.evaluate(() => {
    const box = document.activeElement?.getBoundingClientRect();
    return box !== undefined && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  });
}

/** Escape closes what is on top, and the focus goes back to something. */
export async function escape(page, complain) {
  const open = 'dialog[open], [popover]:popover-open:not(.tip), .details';
  const before = await page.locator(open).count();
  if (before === 0) return;
  await page.keyboard.press('Escape');
  await settle(page);
  const after = await page.locator(open).count();
  if (after >= before) complain(`Escape closed nothing`);
  const isLost = await page.evaluate(
    () => document.activeElement === null || document.activeElement === document.body,
  );
  if (isLost) complain(`focus was lost after Escape`);
}
