// The pages of the app in each of their states, made once for whoever wants to look at them: the tests of accessibility and the pictures.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { live, record, serve, writeHistory } from "./bridge.mjs";
import { dist, tempDir } from "./env.mjs";
import { line, lists, ready, shows, until } from "./page.mjs";
import { files, proxy } from "./web.mjs";

const PIPELINE = `
$STEP download -- sh -c 'for i in $(seq 1 40); do echo "fetched part $i of 40"; done'
$STEP transform_part1 -- sh -c 'echo reading part 1; echo "WARNING: 3 rows without a key"; echo wrote 1204 rows'
$STEP transform_part2 -- sh -c 'echo reading part 2; printf "\\033[31mERROR: Unable to process data file\\033[0m\\n" >&2; echo "FileNotFoundError: /data/part2_input.csv" >&2; exit 1' || exit 1
`;
const NIGHTLY = `$STEP extract -- sh -c 'echo 12 tables; printf "\\033[32mok\\033[0m see https://example.com/report\\n"'; $STEP load -- echo loaded`;

/** A list as a team might have it: days of history, recorded runs, one that goes on. */
export async function world() {
  const dir = tempDir("world");
  const now = Date.now();
  const jobs = ["data_pipeline", "nightly_load", "report_weekly", "ml_features", "etl_orders"];
  const records = Array.from({ length: 60 }, (_, at) => {
    const started = now - (at + 1) * 3_700_000;
    const bad = at % 7 === 3;
    const job = jobs[at % jobs.length];
    const stages = ["extract", "transform", "load"].slice(0, bad ? 2 : 3);
    return {
      run_id: `${(0x9d38c7ea + at * 7919).toString(16)}`, started_at: new Date(started).toISOString(), ended_at: new Date(started + 60_000 + ((at * 7919) % 900_000)).toISOString(),
      result: bad ? "failed" : at % 11 === 5 ? "stopped" : "success", failure_reason: bad ? "transform: exit code 1" : null, stages_executed: stages, stages_failed: bad ? ["transform"] : [],
      retry_count: bad ? 1 : 0, metadata: { job, user: "ops", host: "node3", tags: { team: at % 2 ? "core" : "sales" } },
    };
  });
  const history = writeHistory(dir, records);
  const ids = { good: await record(dir, "nightly_load", NIGHTLY, { tags: { team: "core", branch: "main" } }) };
  ids.failed = await record(dir, "data_pipeline", PIPELINE, { tags: { team: "core" } });
  const running = await live(dir, "etl_orders", { tags: { team: "sales" } });
  ids.running = running.id;
  running.say("$STEP extract -- sh -c 'for i in $(seq 1 25); do echo table $i; done'; $STEP load -- sh");
  const bridge = await serve({ dir, histories: { history }, extra: ["--allow-actions"] });
  await bridge.until(`runs/${ids.running}/steps`, ({ steps }) => steps.length === 3);
  running.say("echo loading");
  await bridge.until(`runs/${ids.running}/logs?tail=1`, (answer) => answer.total === 26);
  const front = await proxy(bridge);
  const empty = await serve();
  const none = await files({ dist });
  const token = join(dir, "token");
  writeFileSync(token, "a-token-that-nobody-types\n", { mode: 0o600 });
  const guarded = await serve({ extra: ["--token-file", token] });
  return {
    dir, bridge, front, empty, none, guarded, ids, running,
    async stop() {
      await running.end();
      await Promise.all([front.stop(), none.stop(), bridge.stop(), empty.stop(), guarded.stop()]);
    },
  };
}

const run = (id, tab) => `?view=run&source=local&run=${id}${tab ? `&tab=${tab}` : ""}`;
const isData = (path) => path.startsWith("/api/");
const isList = (path) => isData(path) && !/\/runs\/[^/]+/.test(path);
const isPart = (part) => (path) => path.includes(`/${part}`);

/**
 * Every page in every state: name, address, how the proxy in front of the bridge behaves (from the beginning, or once the page stands),
 * and the condition that says that the state is reached.
 */
export function states(world) {
  const { front, empty, none, guarded, ids } = world;
  const at = (query) => `${front.url}${query}`;
  const panel = (words) => (page) => shows(page, "main", words);
  const full = (page) => until(page, () => document.querySelectorAll("[role=grid] [data-run-id]").length > 15);
  const stale = (page) => until(page, () => [...document.querySelectorAll("nav.strip [data-source]")].every((each) => each.dataset.sourceState === "stale"));
  // A source that is asked for the first time is "polling" too, and would be down, not stale, when it is cut.
  const live = (page) => until(page, () => [...document.querySelectorAll("nav.strip [data-source]")].every((each) => ["live", "polling"].includes(each.dataset.sourceState) && !each.innerText.includes("connecting")));
  const steps = (page) => until(page, () => document.querySelectorAll("[role=treegrid] [data-step-key]").length > 2);
  const log = (page) => until(page, () => document.querySelectorAll("[data-line] .log__text").length > 5);
  const overview = (page) => shows(page, ".failed-step pre", /FileNotFoundError/);
  const ask = async (page, verb) => {
    await page.getByRole("group", { name: "Actions" }).getByRole("button", { name: verb }).click();
    await until(page, () => document.activeElement?.textContent === "Cancel");
  };
  const refused = async (page) => {
    await ask(page, "Re-execute");
    await page.getByRole("dialog").getByRole("button", { name: "Re-execute" }).click();
    await shows(page, ".dialog__wrong", "Nobody can tell");
  };
  const fold = async (page) => {
    await page.locator("[data-group] [aria-expanded]").first().click();
    await until(page, () => document.querySelector("[aria-expanded=false]"));
  };
  const rows = (what) => (page) => until(page, (what) => document.querySelectorAll(what).length > 2, what);
  const list = [
    { name: "runs-full", url: at(""), until: full, live },
    { name: "runs-empty", url: empty.url, until: panel("No runs yet") },
    { name: "runs-no-match", url: at("?job=nothing_like_it&status=failed"), until: panel("No run matches") },
    { name: "runs-loading", url: at(""), stall: isList, until: panel("Reading the runs") },
    { name: "runs-error", url: at(""), refuse: isData, until: panel("No source can be reached") },
    { name: "runs-stale", url: at(""), until: full, live, later: isData, then: stale },
    { name: "no-sources", url: none.url, until: panel("No sources yet") },
    { name: "sources-full", url: at("?view=sources"), until: panel("answers as"), live },
    { name: "sources-empty", url: `${empty.url}?view=sources`, until: panel("answers as") },
    { name: "sources-loading", url: at("?view=sources"), stall: isData, until: panel("kind") },
    { name: "sources-error", url: at("?view=sources"), refuse: isData, until: panel("kind"), then: (page) => until(page, () => /down: \S/.test(document.querySelector("nav.strip").innerText)) },
    { name: "sources-stale", url: at("?view=sources"), until: panel("answers as"), live, later: isData, then: stale },
    { name: "run-unknown", url: at(run("nosuchrun")), until: panel(/no such run|could not be read/i) },
    { name: "run-running", url: at(run(ids.running, "steps")), until: steps, live },
    { name: "runs-grouped", url: at("?group=job"), until: (page) => until(page, () => document.querySelectorAll("[data-group]").length > 0), live, then: fold },
    { name: "runs-menu", url: at(""), until: full, live, then: async (page) => { await page.getByRole("button", { name: "Columns and export" }).click(); await page.locator("#list-menu").waitFor(); } },
    { name: "dialog-resume", url: at(run(ids.failed)), until: overview, live, then: async (page) => { await ask(page, "Resume"); await shows(page, ".plan__total", /^Total/); } },
    { name: "dialog-terminate", url: at(run(ids.running, "steps")), until: steps, live, then: (page) => ask(page, "Terminate") },
    { name: "dialog-delete", url: at(run(ids.failed)), until: overview, live, then: (page) => ask(page, "Delete") },
    { name: "dialog-error", url: at(run(ids.failed)), until: overview, live, refuse: (path) => path.endsWith("/reexecute"), then: refused },
    { name: "sign-in", url: guarded.url, until: (page) => page.getByRole("form", { name: "Sign in" }).waitFor() },
    { name: "sign-in-wall", url: `${guarded.url}?view=wall`, until: (page) => page.getByRole("form", { name: "Sign in" }).waitFor() },
    { name: "timeline-running", url: at(run(ids.running, "timeline")), until: (page) => page.locator(".lane__bar[data-open=true]").first().waitFor(), live },
    { name: "events-open", url: at(run(ids.failed, "events")), until: rows("[data-event]"), live, then: async (page) => { await page.locator("[data-event]").last().click(); await page.getByRole("region", { name: "Event", exact: true }).waitFor(); } },
    { name: "events-no-match", url: at(`${run(ids.failed, "events")}&f.type=NOTHING`), until: panel("No event matches") },
    { name: "steps-no-match", url: at(`${run(ids.failed, "steps")}&f.step=nothing`), until: panel("No step matches") },
    { name: "help", url: at(""), until: full, live, then: async (page) => { await page.keyboard.press("?"); await page.getByRole("dialog").waitFor(); } },
  ];
  const tabs = {
    overview: [overview, "steps"], steps: [steps, "steps"], timeline: [rows(".lane__bar"), "steps"], events: [rows("[data-event]"), "events"], logs: [log, "logs"],
    stats: [panel("As the source tells"), "stats"], lineage: [panel("this run"), "lineage"], raw: [panel(/"run.json"/), "raw"],
  };
  for (const [tab, [reached, part]] of Object.entries(tabs)) {
    const url = at(run(ids.failed, tab));
    list.push(
      { name: `${tab}-full`, url, until: reached, live },
      { name: `${tab}-loading`, url, stall: isPart(part), until: tab === "overview" ? panel(/reading|Reading/) : panel(/Reading the /) },
      { name: `${tab}-error`, url, fail: isPart(part), until: tab === "overview" ? panel(/answered|503|busy|not now|error/i) : panel("could not be read") },
      { name: `${tab}-stale`, url, until: reached, live, later: isData, then: stale },
    );
  }
  list.push({ name: "run-loading", url: at(run(ids.failed)), stall: (path) => isData(path) && !isList(path), until: (page) => page.locator("article.run, .empty").first().waitFor() });
  list.push({ name: "run-error", url: at(run(ids.failed)), refuse: isData, until: (page) => until(page, () => /reach|Looking|Not current/.test(document.querySelector("main").innerText)) });
  // A recorded run always has a step; a run of a history has no log, and this one's folder is bare.
  list.push({ name: "logs-empty", url: at(`?view=run&source=history&run=9d38c7ea&tab=logs`), until: panel(/Nothing printed|no log/i) });
  const wall = (page) => until(page, () => document.querySelectorAll("[data-health]").length > 3);
  const stats = (page) => until(page, () => document.querySelectorAll("main table tbody tr, main [role=row]").length > 3);
  for (const [view, reached] of [["stats", stats], ["wall", wall]]) {
    const words = (page) => until(page, () => document.querySelector("main").innerText.trim().length > 5);
    list.push(
      { name: `${view}-full`, url: at(`?view=${view}`), until: reached },
      { name: `${view}-empty`, url: `${empty.url}?view=${view}`, until: words },
      { name: `${view}-loading`, url: at(`?view=${view}`), stall: isList, until: words },
      { name: `${view}-error`, url: at(`?view=${view}`), refuse: isData, until: words },
      { name: `${view}-stale`, url: at(`?view=${view}`), until: reached, later: isData, then: (page) => until(page, () => /STALE|no data since|stale/i.test(document.body.innerText)) },
    );
  }
  return list;
}

/** Brings a page into a state. */
export async function enter(world, page, state) {
  const { front } = world;
  const mode = (path) => (state.stall?.(path) ? "stall" : state.refuse?.(path) ? "refuse" : state.fail?.(path) ? "error" : "pass");
  front.mode = mode;
  await page.goto(state.url);
  await ready(page);
  await state.until(page);
  if (state.live) await state.live(page);
  if (state.later) {
    front.mode = (path) => (state.later(path) ? "refuse" : mode(path));
    front.cutAll();
  }
  await state.then?.(page);
}

/** What a broken source makes the browser itself say. */
export const ALLOWED = [/Failed to load resource/, /net::ERR_/];
export { line, lists };
