// A page as somebody opens it for the first time, and what is measured in it.
import { watch } from "./watch.mjs";

/** For how long lists are scrolled, in ms. */
const SCROLL = 5_000;
/** A frame that takes longer is one that is felt, in ms. */
const LONG = 50;
const PATIENCE = 240_000;
export const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--disable-dev-shm-usage",
];

/** A page in a profile of its own, with nothing in its cache. */
export async function visit(browser, url, measure) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", timezoneId: "UTC" });
  context.setDefaultTimeout(PATIENCE);
  await context.addInitScript(watch);
  // Dagster's invitation to its community lies over the first page that one sees.
  await context.addInitScript(() => localStorage.setItem("communityNux", "1"));
  const page = await context.newPage();
  let timer;
  try {
    await page.goto(url, { waitUntil: "commit" });
    const late = new Promise((_, fail) => (timer = setTimeout(() => fail(new Error(`${url} did not show what was waited for`)), PATIENCE)));
    return await Promise.race([measure(page), late]);
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}

/** Frames longer than they should be while the longest scrolling element with `inside` in it is scrolled, and long tasks meanwhile. */
export async function scrolled(page, inside) {
  return await page.evaluate(
    async ({ inside, time, long }) => {
      const scrolls = (element) => element.scrollHeight > element.clientHeight + 1000 && getComputedStyle(element).overflowY !== "visible";
      let element = null;
      while (!element) {
        await new Promise(requestAnimationFrame);
        element = document.querySelector(inside);
        while (element && !scrolls(element)) element = element.parentElement;
      }
      const { start, frames } = await window.benchScroll(element, time);
      return { frames: frames.length, long: frames.filter((length) => length > long).length, tasks: window.benchLong.filter(([at]) => at >= start).length };
    },
    { inside, time: SCROLL, long: LONG },
  );
}

export const firstRow = (browser, url, selector) =>
  visit(browser, url, (page) => page.evaluate((selector) => window.benchSeen(() => document.querySelector(selector)), selector));
