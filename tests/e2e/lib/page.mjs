// The browser, and pages that fail their test when they do what no page of ours may do.
import assert from "node:assert/strict";
import { after } from "node:test";
import * as env from "./env.mjs";
import { later } from "./proc.mjs";

export const { PATIENCE } = env;

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--disable-dev-shm-usage",
];

let opened;
/** One browser for a file, closed when the file ends. Playwright gives it a profile of its own and takes that away again. */
export function browser() {
  opened ??= env.chromium.launch({ executablePath: env.chrome, args: FLAGS, handleSIGINT: false });
  return opened;
}
after(async () => {
  if (opened) await (await opened).close();
});

/** Runs before any script of the page: reports what the policy blocks, and long tasks. */
function watch() {
  document.addEventListener("securitypolicyviolation", (event) => {
    window.e2eReport(`blocked by the policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample ?? ""}`);
  });
  window.e2eLong = [];
  try {
    new PerformanceObserver((list) => window.e2eLong.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask", buffered: true });
  } catch {
    // Counted where the browser can.
  }
}

/**
 * A page in a fresh profile. `allow`: patterns of console errors that the test itself provokes. When the test ends, everything else that went
 * wrong fails it.
 */
export async function open(t, url, { width = 1440, height = 900, theme = "light", allow = [], wait = true, context: options = {} } = {}) {
  const context = await (await browser()).newContext({
    viewport: { width, height }, colorScheme: theme, locale: "en-GB", timezoneId: "UTC", acceptDownloads: true, ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  const wrong = [];
  const report = (words) => {
    if (!allow.some((pattern) => pattern.test(words))) wrong.push(words);
  };
  await context.exposeBinding("e2eReport", (_, words) => report(words));
  await context.addInitScript(watch);
  const page = await context.newPage();
  // Where the test itself goes is no surprise; where the page goes is.
  const origins = new Set([new URL(url).origin]);
  const goto = page.goto.bind(page);
  page.goto = (to, options) => {
    origins.add(new URL(to).origin);
    return goto(to, options);
  };
  page.on("console", (message) => {
    if (message.type() === "error") report(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => report(`error: ${error.stack ?? error}`));
  page.on("dialog", (dialog) => {
    report(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  context.on("page", (other) => other !== page && report(`a new page: ${other.url()}`));
  page.on("request", (request) => {
    const to = request.url();
    if (!/^(data|blob):/.test(to) && !origins.has(new URL(to).origin)) report(`request to another origin: ${to}`);
  });
  later(t, async () => {
    // The page is closed even when it says nothing any more.
    const panel = await page.evaluate(() => document.querySelector("main#boot pre")?.textContent).catch(() => null);
    await context.close();
    if (panel) wrong.push(`the app crashed: ${panel}`);
    none(wrong, "the page did what it must not");
  }, true);
  page.wrong = wrong;
  await page.goto(url);
  if (wait) {
    await ready(page).catch(async () => {
      throw new Error(`the app did not start: ${wrong.join("; ")}\n${await looks(page)}`);
    });
  }
  return page;
}

/** Fails with everything that is in the list. */
export function none(list, what) {
  assert.ok(list.length === 0, `${what}: ${list.join("; ")}`);
}

/** Until the app stands. */
export const ready = (page) => page.locator(".app").waitFor();

/** Until `test(arg)` gives something true in the page; gives it. The page's policy forbids what Playwright's own waiting does. */
export async function until(page, test, arg, what = String(test)) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const value = await answered(page.evaluate(test, arg), what);
    if (value) return value;
    if (Date.now() > end) throw new Error(`never came: ${what}${arg === undefined ? "" : ` with ${JSON.stringify(arg)}`}\n${await looks(page)}`);
    await answered(page.evaluate(() => new Promise((done) => setTimeout(done, 30))), what);
  }
}

/** What the page answers; a page that is dead never does, and Playwright waits for it for ever. */
async function answered(answer, what) {
  let timer;
  const late = new Promise((_, fail) => (timer = setTimeout(() => fail(new Error(`the page does not answer: ${what}`)), 2 * PATIENCE)));
  return await Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** What the page shows, for the report of a failure. */
export async function looks(page) {
  const text = await page
    .evaluate(() => {
      const short = (element) => element?.innerText.replace(/\n+/g, " | ") ?? "";
      const grid = document.querySelector("[role=grid], [role=treegrid]");
      return [`title: ${document.title}`, short(document.querySelector("nav.strip")), `rows: ${grid?.getAttribute("aria-rowcount")}`, short(document.querySelector("main")).slice(-1200)].join("\n");
    })
    .catch(() => "");
  return `the page shows: ${page.url()}\n${text}`;
}

/** Until an element that `selector` finds shows `text` (a part of it, or a pattern). */
export async function shows(page, selector, text) {
  const arg = text instanceof RegExp ? { selector, source: text.source, flags: text.flags } : { selector, text };
  await until(
    page,
    ({ selector, text, source, flags }) =>
      [...document.querySelectorAll(selector)].some((element) => {
        const shown = element.innerText ?? element.textContent;
        return source === undefined ? shown.includes(text) : new RegExp(source, flags).test(shown);
      }),
    arg,
    `${selector} shows ${text}`,
  );
}

/** Ids of the runs in the list, from top to bottom as they stand on the screen. */
export const listed = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("[role=grid][aria-label=Runs] [data-run-id]")]
      .sort((a, b) => Number(a.ariaRowIndex ?? a.getAttribute("aria-rowindex")) - Number(b.getAttribute("aria-rowindex")))
      .map((row) => row.dataset.runId),
  );

/** Until the list holds exactly these runs, in this order. */
export async function lists(page, ids) {
  let last;
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    last = await listed(page);
    if (last.join() === ids.join()) return;
    await page.evaluate(() => new Promise((done) => setTimeout(done, 30)));
  }
  assert.deepEqual(last, ids, await looks(page));
}

/** The lines in the log's window: number to text, in the order of the screen. */
export const lines = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("[role=region][aria-label=Log] [data-line]")]
      .map((row) => ({ number: Number(row.dataset.line), text: row.querySelector(".log__text")?.textContent ?? null, top: row.getBoundingClientRect().top }))
      .sort((a, b) => a.number - b.number),
  );

/** Until a line of the log is on the screen, whole, with its text; gives the text. */
export async function line(page, number) {
  return await until(
    page,
    (number) => {
      const row = document.querySelector(`[role=region][aria-label=Log] [data-line="${number}"]`);
      const text = row?.querySelector(".log__text");
      if (!text) return false;
      const [box, view] = [row.getBoundingClientRect(), row.closest(".log__scroll").getBoundingClientRect()];
      return box.top >= view.top - 1 && box.bottom <= view.bottom + 1 && { text: text.textContent };
    },
    number,
    `line ${number} in view`,
  ).then((found) => found.text);
}

/** The file that an action downloads. */
export async function download(page, action) {
  const [file] = await Promise.all([page.waitForEvent("download"), action()]);
  const { readFile } = await import("node:fs/promises");
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

/** Memory of the page's process in MB: its proportional share of physical pages. Null where the system does not tell. */
export async function memory() {
  const { readFileSync } = await import("node:fs");
  const session = await (await browser()).newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const sizes = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))?.[1]);
    } catch {
      return NaN;
    }
  });
  const largest = Math.max(...sizes.filter(Number.isFinite));
  return Number.isFinite(largest) ? Math.round(largest / 1024) : null;
}

export const domNodes = (page) => page.evaluate(() => document.querySelectorAll("*").length);
export const longTasks = (page) => page.evaluate(() => ({ count: window.e2eLong.length, max: Math.round(Math.max(0, ...window.e2eLong)) }));

/** Another address without loading the page anew, as a link in it does. */
export async function goTo(page, query) {
  await page.evaluate((query) => {
    history.pushState(null, "", `?${query}`);
    dispatchEvent(new PopStateEvent("popstate"));
  }, String(query));
}
