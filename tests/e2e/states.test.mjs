// Every page in every state: axe-core finds nothing, nothing scrolls sideways at 400 px, and pictures for looking at (out/NAME-THEME-WIDTH.png).
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { violations } from "./lib/axe.mjs";
import { outDir, root } from "./lib/env.mjs";
import { line, none, open, until } from "./lib/page.mjs";
import { ALLOWED, enter, states, world } from "./lib/states.mjs";

let here;
before(async () => (here = await world()));
after(() => here?.stop());

/** Without Playwright's own style, which the page's policy forbids. */
const take = (page, path) => page.screenshot({ path, caret: "initial", animations: "allow" });
const HEIGHTS = { 400: 800, 1440: 900, 1920: 1080 };

/** What at 400 px cannot be seen without scrolling sideways. */
function outOfSight() {
  const words = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) words.push(`the page is ${root.scrollWidth} px wide`);
  // Whoever wants to press or read it must not have to guess that it is there.
  for (const element of document.querySelectorAll("button, input, select, h1, h2, .phase, [role=tab]")) {
    const box = element.getBoundingClientRect();
    if (!element.checkVisibility() || box.width === 0 || element.closest(".log__scroll, .visually-hidden, dialog")) continue;
    if (element.classList.contains("visually-hidden")) continue;
    // The bar of tabs scrolls sideways; the open one is in sight.
    if (element.matches("[role=tab][aria-selected=false]")) continue;
    if (box.left < -1 || box.right > innerWidth + 1) words.push(`out of sight: ${element.outerHTML.slice(0, 100)}`);
  }
  const main = document.querySelector("main").getBoundingClientRect();
  if (main.bottom > innerHeight + 1) words.push(`the page's end is below the window: ${main.bottom}`);
  return words;
}

/** Words with the states that gave rise to them. */
class Found {
  #where = new Map();
  add(all, state) {
    for (const words of all) this.#where.set(words, [...(this.#where.get(words) ?? []), state.name]);
  }
  none(what) {
    none([...this.#where].map(([words, names]) => `${words} (${names.join(" ")})`), what);
  }
}

for (const theme of ["light", "dark"]) {
  test(`states: axe finds nothing, nothing scrolls sideways, and each has its pictures, ${theme}`, async (t) => {
    const dir = outDir();
    const page = await open(t, here.none.url, { theme, allow: ALLOWED });
    const [axe, wide, written] = [new Found(), new Found(), []];
    for (const state of states(here)) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await enter(here, page, state);
      for (const width of /^(runs-full|wall)/.test(state.name) ? [1440, 1920, 400] : [1440, 400]) {
        await page.setViewportSize({ width, height: HEIGHTS[width] });
        // Two frames: the page has been laid out and drawn at this width.
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        const path = join(dir, `${state.name}-${theme}-${width}.png`);
        await take(page, path);
        written.push(path);
        if (width === 1440) axe.add(await violations(page), state);
        if (width === 400) wide.add(await page.evaluate(outOfSight), state);
      }
    }
    for (const path of written) assert.ok(statSync(path).size > 2000, path);
    t.diagnostic(`${written.length} pictures in tests/e2e/out`);
    axe.none("axe finds");
    wide.none("at 400 px");
  });
}

test("states: where there are data, a page that is opened at 400 px is as good", async (t) => {
  const page = await open(t, here.none.url, { width: 400, height: 800, allow: ALLOWED });
  const [axe, wide] = [new Found(), new Found()];
  for (const state of states(here).filter(({ name }) => /full|help|no-|running|grouped|menu|dialog|sign-in/.test(name))) {
    await enter(here, page, state);
    axe.add(await violations(page), state);
    wide.add(await page.evaluate(outOfSight), state);
  }
  axe.none("axe finds");
  wide.none("at 400 px");
});

test("states: the list opens a run, and its log is read, at 400 px", async (t) => {
  const page = await open(t, here.bridge.url, { width: 400, height: 800 });
  await page.locator(`[data-run-id="${here.ids.failed}"] .col-job`).click();
  // By its key: while the head is still being read, it pushes the tabs down, maybe between a press and its release.
  await page.getByRole("tab", { name: "logs" }).press("Enter");
  await until(page, () => document.querySelectorAll("[data-line]").length > 5);
  await page.locator(".log__scroll").focus();
  await page.keyboard.press("Home");
  await line(page, 1);
  const box = await page.locator('[data-line="1"] .log__text').boundingBox();
  assert.ok(box.x < 120, `the text of a line begins at ${box.x} px`);
  const view = await page.locator(".log__scroll").boundingBox();
  assert.ok(view.height > 200, `${view.height} px are left for the lines`);
});

/** Made when it is asked for (`--readme`), because it lands in the docs. */
const readme = async (t) => {
  const page = await open(t, here.none.url, { height: 820, allow: ALLOWED });
  await enter(here, page, states(here).find(({ name }) => name === "runs-full"));
  await page.mouse.move(0, 0);
  await take(page, join(root, "docs/screenshot.png"));
};
if (process.env.E2E_README === "1") test("states: the README's picture", readme);
