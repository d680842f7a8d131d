// Pictures of every page in every state, in out/: NAME-THEME-WIDTH.png. They are for looking at; the test sees that each state is reached.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { outDir, root } from "./lib/env.mjs";
import { open } from "./lib/page.mjs";
import { ALLOWED, enter, states, world } from "./lib/states.mjs";

let here;
before(async () => (here = await world()));
after(() => here?.stop());

/** Without Playwright's own style, which the page's policy forbids. */
const take = (page, path) => page.screenshot({ path, caret: "initial", animations: "allow" });

for (const theme of ["light", "dark"]) {
  test(`pictures: every page in every state, ${theme}`, async (t) => {
    const dir = outDir();
    const page = await open(t, here.none.url, { theme, allow: ALLOWED });
    const written = [];
    for (const state of states(here)) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await enter(here, page, state);
      const widths = /^(runs-full|wall)/.test(state.name) ? [1440, 1920, 400] : [1440, 400];
      for (const width of widths) {
        await page.setViewportSize({ width, height: { 400: 800, 1440: 900, 1920: 1080 }[width] });
        // Two frames: the page has been laid out and drawn at this width.
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        const path = join(dir, `${state.name}-${theme}-${width}.png`);
        await take(page, path);
        written.push(path);
      }
    }
    for (const path of written) assert.ok(statSync(path).size > 2000, path);
    t.diagnostic(`${written.length} pictures in tests/e2e/out`);
  });
}

/** Made when it is asked for (`--readme`), because it lands in the docs. */
const readme = async (t) => {
  const page = await open(t, here.none.url, { height: 820, allow: ALLOWED });
  await enter(here, page, states(here).find(({ name }) => name === "runs-full"));
  await page.mouse.move(0, 0);
  await take(page, join(root, "docs/screenshot.png"));
};
if (process.env.E2E_README === "1") test("pictures: the README's", readme);
