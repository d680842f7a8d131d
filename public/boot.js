// Starts the app, and watches over it from outside. What goes wrong is said in words in the page: a file that did not
// load, with its URL; a policy that blocks the app; a crash. A crashed WebAssembly instance is lost, so the page is
// loaded anew by itself, at most RELOADS times in WINDOW: a display on a wall heals with nobody near.
const RELOADS = 3;
const WINDOW = 10 * 60_000;
const BACKOFF = [5_000, 30_000, 120_000];
const KEY = "runboard.reloads";

const script = document.querySelector("script[data-wasm]");
let panicText = "";
let stopped = false;
let blocked = "";

/** A failure with words for the reader; `details` is what a developer wants to see. */
class StartError extends Error {
  constructor(message, details = "") {
    super(message);
    this.details = details;
  }
}

/** Times of earlier reloads within the window. Null when they cannot be kept: then nothing reloads by itself. */
function reloads() {
  const fresh = (list) => (Array.isArray(list) ? list : []).filter((at) => Number.isFinite(at) && at <= Date.now() && Date.now() - at < WINDOW);
  try {
    return { times: fresh(JSON.parse(sessionStorage.getItem(KEY) ?? "[]")), keep: (list) => sessionStorage.setItem(KEY, JSON.stringify(list)) };
  } catch {
    // Blocked or broken storage: the entry in the tab's history lives through a reload as well.
    const state = () => (history.state !== null && typeof history.state === "object" ? history.state : {});
    try {
      return { times: fresh(state()[KEY]), keep: (list) => history.replaceState({ ...state(), [KEY]: list }, "") };
    } catch {
      return null;
    }
  }
}

/** Milliseconds until the next reload by itself, or null. */
function reloadDelay(times, now) {
  if (times.length < RELOADS) return BACKOFF[times.length];
  const oldest = Math.min(...times.slice(-RELOADS));
  return Math.max(oldest + WINDOW - now, BACKOFF[RELOADS - 1]);
}

function element(name, text, props = {}) {
  const node = document.createElement(name);
  node.textContent = text;
  return Object.assign(node, props);
}

/** Replaces the page by a panel that says what happened and what happens next. */
function showPanel(title, message, details, retry) {
  if (stopped) return;
  stopped = true;
  // The instance may be in the middle of anything: end its requests so that it cannot go on half alive.
  window.stop();

  const report = [`${title}: ${message}`, details, `page: ${location.href}`, `time: ${new Date().toISOString()}`, `browser: ${navigator.userAgent}`]
    .filter(Boolean).join("\n");
  const panel = element("main", "", { id: "boot" });
  panel.setAttribute("role", "alert");
  const buttons = element("p", "");
  const reload = element("button", "Reload", { type: "button", onclick: () => location.reload() });
  const copy = element("button", "Copy details", { type: "button" });
  const pre = element("pre", report, { tabIndex: 0 });
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(report);
      copy.textContent = "Copied";
    } catch {
      getSelection()?.selectAllChildren(pre);
      copy.textContent = "Selected: press Ctrl+C";
    }
  };
  buttons.append(reload, " ", copy);
  panel.append(element("h1", title), element("p", message), buttons);
  if (retry) panel.append(nextReload());
  panel.append(pre);
  document.title = `${title} · Runboard`;
  document.body.replaceChildren(panel);
}

/** A line that counts down to the next reload, and does it. */
function nextReload() {
  const line = element("p", "");
  const earlier = reloads();
  if (earlier === null) {
    line.textContent = "This browser keeps nothing for this page, so it is not reloaded by itself.";
    return line;
  }
  const due = Date.now() + reloadDelay(earlier.times, Date.now());
  const tick = () => {
    const left = Math.ceil((due - Date.now()) / 1000);
    if (left > 0) {
      line.textContent = `The page reloads by itself in ${left} s (${earlier.times.length} of ${RELOADS} reloads used in the last 10 minutes).`;
      return;
    }
    clearInterval(timer);
    try {
      earlier.keep([...earlier.times, Date.now()].slice(-RELOADS));
    } catch {
      line.textContent = "This browser keeps nothing for this page, so it is not reloaded by itself.";
      return;
    }
    location.reload();
  };
  const timer = setInterval(tick, 1000);
  tick();
  return line;
}

function crashed(error) {
  const details = [panicText, error?.stack ?? String(error ?? "")].filter(Boolean).join("\n");
  showPanel("Runboard crashed", "The app met an error that it cannot go on from. Nothing on the server was changed.", details, true);
}

const isTrap = (error) => error instanceof WebAssembly.RuntimeError;

window.addEventListener("runboard-panic", (event) => {
  panicText = String(event.detail ?? "panic");
  // The trap that follows carries the stack. If it is swallowed, the panic alone is enough.
  setTimeout(() => crashed(null), 250);
});
window.addEventListener("error", (event) => {
  if (isTrap(event.error)) crashed(event.error);
});
window.addEventListener("unhandledrejection", (event) => {
  if (isTrap(event.reason)) crashed(event.reason);
});
document.addEventListener("securitypolicyviolation", (event) => {
  blocked ||= `${event.effectiveDirective} blocks ${event.blockedURI || event.sourceFile}`;
});

/** Why a file did not load, found out by asking for it once more. */
async function whyNot(url, error) {
  const told = String(error?.message ?? error);
  try {
    const answer = await fetch(url, { cache: "no-store" });
    if (!answer.ok) return new StartError(`${url} did not load: the server answered ${answer.status}.`, told);
    return new StartError(`${url} loaded, but the browser could not use it as ${answer.headers.get("content-type") ?? "a file without a content type"}.`, told);
  } catch {
    return new StartError(`${url} did not load: the server cannot be reached.`, told);
  }
}

async function fetchWasm(url) {
  let answer;
  try {
    answer = await fetch(url);
  } catch (error) {
    throw await whyNot(url, error);
  }
  if (!answer.ok) throw new StartError(`${url} did not load: the server answered ${answer.status}.`);
  const kind = answer.headers.get("content-type") ?? "";
  if (kind.startsWith("text/html")) throw new StartError(`${url} is not the app: the server answered with a web page. Is the file missing in the folder?`);
  return answer;
}

/** A link may lead to a page whose code is a file of its own: that is asked for at once, and not only when the app has come and runs. */
function askForPart() {
  const view = `${new URLSearchParams(location.search).get("view")}=`;
  const part = (script.dataset.parts ?? "").split(" ").find((part) => part.startsWith(view));
  for (const file of part?.slice(view.length).split(",") ?? []) {
    document.head.append(element("link", "", { rel: "preload", as: "fetch", type: "application/wasm", crossOrigin: "anonymous", href: `./${file}` }));
  }
}

async function start() {
  askForPart();
  const js = new URL(script.dataset.js, document.baseURI).href;
  const wasm = new URL(script.dataset.wasm, document.baseURI).href;
  const file = fetchWasm(wasm);
  file.catch(() => {});
  let glue;
  try {
    glue = await import(js);
  } catch (error) {
    throw await whyNot(js, error);
  }
  await glue.default({ module_or_path: await file });
}

if (!window.runboardUnsupported) {
  start().then(
    () => document.querySelector("div#boot")?.remove(),
    (error) => {
      if (isTrap(error)) return crashed(error);
      // A blocked app stays blocked: no reload helps until the server's policy changes.
      if (error instanceof WebAssembly.CompileError && /unsafe-eval|Content Security Policy/i.test(error.message)) {
        blocked ||= "script-src has no 'wasm-unsafe-eval'";
      }
      const policy = blocked && `The Content-Security-Policy of this server stops the app: ${blocked}. It needs script-src 'self' 'wasm-unsafe-eval'.`;
      showPanel("Runboard did not load", policy || error.message, error.details ?? error.stack ?? "", !policy);
    },
  );
}
