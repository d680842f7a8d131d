// A Flyte run of 20,000 actions, through the bridge: how soon its first actions and all of them are there, against a client that only reads the same
// stream, and whether its tree scrolls without a long frame. The service's own console is served nowhere that a test could start.
import { flyte as serve, service } from "../e2e/lib/flyte.mjs";
import { chrome, chromium } from "../e2e/lib/env.mjs";
import { median, row } from "./lib/table.mjs";
import { vanilla } from "./lib/vanilla.mjs";
import { FLAGS, scrolled, visit } from "./lib/visit.mjs";

const ACTIONS = 20_000;
const ROUNDS = 3;
const NODES = 2_000;
const GRID = "[role=treegrid]";
const RUN = { org: "testorg", project: "flytesnacks", domain: "development", name: "rbig" };
const say = (words) => console.log(`  ${words}`);

/** How long a client takes that reads the stream of actions to the last one, and does nothing but parse each message. */
async function read(base) {
  const message = Buffer.from(JSON.stringify({ runId: RUN }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const stop = new AbortController();
  const start = performance.now();
  const answer = await fetch(`${base}proxy/fly/flyteidl2.workflow.RunService/WatchActions`, {
    method: "POST", headers: { "Content-Type": "application/connect+json" }, body: Buffer.concat([head, message]), signal: stop.signal,
  });
  const names = new Set();
  let rest = Buffer.alloc(0);
  for await (const chunk of answer.body) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      for (const { action } of JSON.parse(rest.subarray(5, end)).enrichedActions ?? []) names.add(action.id.name);
      rest = rest.subarray(end);
    }
    if (names.size >= ACTIONS) break;
  }
  const took = performance.now() - start;
  stop.abort();
  return took;
}

async function open(browser, base) {
  return await visit(browser, `${base}?view=run&source=fly&run=flytesnacks/development/rbig&tab=steps`, async (page) => {
    const first = await page.evaluate((grid) => window.benchSeen(() => document.querySelector(`${grid} [data-step-key]`)), GRID);
    const all = await page.evaluate(
      (words) =>
        new Promise((done) => {
          const frame = () => (document.querySelector(".tools__count")?.innerText === words ? done(performance.now()) : requestAnimationFrame(frame));
          frame();
        }),
      `${ACTIONS.toLocaleString("en-GB")} actions`,
    );
    const frames = await scrolled(page, `${GRID} [data-step-key]`);
    const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
    return { first, all, nodes, ...frames };
  });
}

/** The same scrolling over a list without a framework: frames that are late there are late because of the machine. */
async function bare(browser) {
  return await visit(browser, "about:blank", async (page) => {
    await page.evaluate(vanilla, ACTIONS);
    return await scrolled(page, ".row");
  });
}

export async function flyte() {
  const theirs = await service(["--big", String(ACTIONS)]);
  const { bridge } = await serve({ to: theirs });
  const browser = await chromium.launch({ executablePath: chrome, args: FLAGS, handleSIGINT: false });
  const [ours, other, plain] = [[], [], []];
  try {
    await read(bridge.url);
    for (let round = 0; round < ROUNDS; round++) {
      other.push(await read(bridge.url));
      ours.push(await open(browser, bridge.url));
      plain.push(await bare(browser));
      const { first, all, long, frames } = ours.at(-1);
      const { long: late, frames: of } = plain.at(-1);
      say(`a client ${Math.round(other.at(-1))} ms; Runboard first ${Math.round(first)} ms, all ${Math.round(all)} ms, ${long} of ${frames} frames long; of a bare list ${late} of ${of}`);
    }
  } finally {
    await browser.close();
    await bridge.stop();
  }
  const of = (name, rounds = ours) => rounds.map((round) => round[name]);
  return [
    row({ name: "first of 20,000 actions on screen, against a client that reads all", unit: "s", ours: of("first"), other, ratio: 0.8 }),
    row({ name: "all 20,000 actions there, against the same client", unit: "s", ours: of("all"), other, ratio: 2 }),
    row({ name: "frames over 50 ms in 5 s of scrolling them", ours: of("long"), other: of("long", plain), count: median(of("long", plain)) }),
    row({ name: "frames in all", ours: of("frames"), other: of("frames", plain) }),
    row({ name: "long tasks meanwhile", ours: of("tasks"), count: 0 }),
    row({ name: "elements of the page", ours: of("nodes"), count: NODES }),
  ];
}
