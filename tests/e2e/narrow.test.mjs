// 400 px wide: nothing scrolls sideways, and what matters can be seen and reached.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { line, none, open, until } from "./lib/page.mjs";
import { ALLOWED, enter, states, world } from "./lib/states.mjs";

let here;
before(async () => (here = await world()));
after(() => here?.stop());

test("narrow: no page scrolls sideways at 400 px, in any state", async (t) => {
  const page = await open(t, here.none.url, { width: 400, height: 800, allow: ALLOWED });
  const wrong = new Map();
  for (const state of states(here)) {
    await enter(here, page, state);
    const found = await page.evaluate(() => {
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
    });
    for (const words of found) wrong.set(words, [...(wrong.get(words) ?? []), state.name]);
  }
  none([...wrong].map(([words, names]) => `${words} (${names.join(" ")})`), "at 400 px");
});

test("narrow: the list opens a run, and its log is read, at 400 px", async (t) => {
  const page = await open(t, here.bridge.url, { width: 400, height: 800 });
  await page.locator(`[data-run-id="${here.ids.failed}"] .col-job`).click();
  await page.getByRole("tab", { name: "logs" }).click();
  await until(page, () => document.querySelectorAll("[data-line]").length > 5);
  await page.locator(".log__scroll").focus();
  await page.keyboard.press("Home");
  await line(page, 1);
  const box = await page.locator('[data-line="1"] .log__text').boundingBox();
  assert.ok(box.x < 120, `the text of a line begins at ${box.x} px`);
  const view = await page.locator(".log__scroll").boundingBox();
  assert.ok(view.height > 200, `${view.height} px are left for the lines`);
});
