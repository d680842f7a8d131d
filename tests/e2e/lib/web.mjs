// Servers of the tests' own: plain files under a sub-path, and a proxy that breaks what it forwards.
import { createReadStream, statSync } from "node:fs";
import http from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".svg": "image/svg+xml", ".json": "application/json",
};
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const listen = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));

function close(server) {
  server.closeAllConnections();
  return new Promise((done) => server.close(done));
}

/** Forwards a request to the bridge under the bridge's own name, as a reverse proxy does. */
function forward(request, target, path, take) {
  const headers = { ...request.headers, host: target.host, connection: "close" };
  delete headers["accept-encoding"];
  // Browsers name the page's origin when they load modules, also from the page's own server.
  if (headers.origin) headers.origin = target.origin;
  const ask = http.request({ host: target.hostname, port: target.port, path, method: request.method, headers, agent: false }, take);
  request.pipe(ask);
  return ask;
}

/** A plain file server: `dist` under `prefix`, `config` as config.json there, and what is below `prefix`api/ at `api`, if given. `types` beside the usual ones. */
export async function files({ dist, prefix = "/", config, api, types = {} }) {
  const server = http.createServer((request, response) => {
    const { pathname, search } = new URL(request.url, "http://x");
    const missing = () => response.writeHead(404, { "content-type": "text/html" }).end("<h1>404</h1>");
    if (!pathname.startsWith(prefix)) return missing();
    const name = pathname.slice(prefix.length);
    if (name.startsWith("api/") && api) {
      const target = new URL(api);
      const ask = forward(request, target, `/${name}${search}`, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      ask.on("error", () => response.writeHead(502).end());
      response.on("close", () => ask.destroy());
      return;
    }
    response.setHeader("content-security-policy", POLICY);
    if (name === "config.json") {
      if (config === undefined) return missing();
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(typeof config === "string" ? config : JSON.stringify(config));
    }
    const file = join(dist, normalize(`/${name === "" ? "index.html" : name}`));
    try {
      if (!statSync(file).isFile()) return missing();
    } catch {
      return missing();
    }
    response.writeHead(200, { "content-type": { ...TYPES, ...types }[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}${prefix}`, stop: () => close(server) };
}

/** Numbers from a seed, so that a failure can be had again. */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A proxy in front of the bridge that can be told to misbehave. `mode(path)` gives for each request: `pass`, `refuse` (reset at once), `stall`
 * (never answers), `error` (a 503). `plan(path)` gives for a stream `{after, how}`: cut it after so many bytes by `reset`, `half` (the socket
 * is half-closed in the middle of a chunk) or `end` (a proper end that comes too early); null lets it be.
 */
export async function proxy(bridge) {
  const target = () => new URL(self.target);
  const self = { target: bridge.url, mode: () => "pass", plan: () => null, cuts: [], sent: 0, seen: [], open: new Set(), stalled: new Set(), onCut: () => {}, onBytes: () => {} };
  const server = http.createServer((request, response) => {
    const path = request.url;
    self.seen.push(path);
    const mode = self.mode(path);
    if (mode === "refuse") return request.socket.resetAndDestroy();
    if (mode === "error") return response.writeHead(503, { "content-type": "application/problem+json" }).end('{"title":"not now","status":503}');
    if (mode === "stall") {
      self.stalled.add(request.socket);
      return;
    }
    const entry = { request, response, path };
    self.open.add(entry);
    let isCut = false;
    const ask = forward(request, target(), path, (answer) => {
      const plan = path.includes("/stream") ? self.plan(path) : null;
      let left = plan ? plan.after : Infinity;
      response.writeHead(answer.statusCode, { ...answer.headers, connection: "close" });
      answer.on("data", (bytes) => {
        if (isCut) return;
        const part = bytes.length > left ? bytes.subarray(0, left) : bytes;
        left -= part.length;
        if (path.includes("/stream")) self.sent += part.length;
        self.onBytes(entry, part);
        const isLast = left <= 0;
        response.write(part, () => {
          if (isLast) cut(request, response, plan.how, answer);
        });
        isCut ||= isLast;
      });
      answer.on("end", () => isCut || response.end());
      answer.on("error", () => request.socket.destroy());
    });
    const cut = (request, response, how, answer) => {
      if (how === "reset") request.socket.resetAndDestroy();
      else if (how === "half") request.socket.end();
      else response.end();
      answer.destroy();
      self.cuts.push(how);
      self.onCut();
    };
    ask.on("error", () => request.socket.destroy());
    response.on("close", () => {
      self.open.delete(entry);
      ask.destroy();
    });
  });
  const port = await listen(server);
  self.url = `http://127.0.0.1:${port}/`;
  /** Cuts every open stream now. */
  self.cutAll = () => {
    for (const { request, path } of self.open) if (path.includes("/stream")) request.socket.resetAndDestroy();
  };
  self.stop = () => {
    for (const socket of self.stalled) socket.destroy();
    return close(server);
  };
  return self;
}

/** A Runs API that can nothing but list one run. */
export async function littleApi(run, { infoAfter } = {}) {
  const asked = [];
  let tell;
  const told = infoAfter ? new Promise((done) => (tell = done)) : Promise.resolve();
  const answers = {
    "/api/v1/info": { name: "little", version: "1", capabilities: { updates: "poll", logs: "none", events: false, stats: false, lineage: false, raw: false }, cursor: "c" },
    "/api/v1/runs": { runs: [run], next: null, total: 1, cursor: "c" },
    [`/api/v1/runs/${run.id}`]: { run, cursor: "c" },
    [`/api/v1/runs/${run.id}/steps`]: { run: run.id, steps: [], cursor: "c" },
  };
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://x");
    const answer = answers[pathname];
    asked.push(pathname);
    if (infoAfter?.test(pathname)) tell();
    if (pathname.endsWith("/info")) await told;
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(answer ?? { title: "not here", status: 404 }));
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}/`, asked, answers, stop: () => close(server) };
}

/**
 * A proxy in front of a Dagster webserver. `breaks(query)`: whether the server shall break at this document as a real one does at a field that is
 * null against the schema: the whole answer is null, with status 500. `drops(query)`: whether its answer is lost on the way. `pushes`: whether websockets are let through. `broken` holds the documents
 * that were not answered, `refused` counts the websockets.
 */
export async function dagsterProxy(to, { breaks = () => false, drops = () => false, pushes = true, rewrite = null } = {}) {
  const target = new URL(to);
  const self = { broken: [], refused: 0 };
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (bytes) => chunks.push(bytes));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const query = request.method === "POST" && body.length > 0 ? JSON.parse(body).query : "";
      if (query && breaks(query)) {
        self.broken.push(query);
        const errors = [{ message: "Cannot return null for non-nullable field ErrorEvent.error.", path: ["logsForRun", "events", 0, "error"] }];
        return response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ data: null, errors }));
      }
      const headers = { ...request.headers, host: target.host, connection: "close" };
      const ask = http.request({ host: target.hostname, port: target.port, path: request.url, method: request.method, headers, agent: false }, (answer) => {
        if (query && drops(query)) return answer.resume().on("end", () => request.socket.destroy());
        if (!rewrite) {
          response.writeHead(answer.statusCode, answer.headers);
          return answer.pipe(response);
        }
        const parts = [];
        answer.on("data", (bytes) => parts.push(bytes));
        answer.on("end", () => {
          const { "content-length": _, ...rest } = answer.headers;
          response.writeHead(answer.statusCode, rest).end(rewrite(String(Buffer.concat(parts))));
        });
      });
      ask.on("error", () => request.socket.destroy());
      ask.end(body);
    });
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {});
    if (!pushes) {
      self.refused += 1;
      return socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    }
    const ask = http.request({ host: target.hostname, port: target.port, path: request.url, headers: { ...request.headers, host: target.host }, agent: false });
    ask.on("upgrade", (answer, other, first) => {
      const lines = [`HTTP/1.1 101 ${answer.statusMessage}`];
      for (let at = 0; at < answer.rawHeaders.length; at += 2) lines.push(`${answer.rawHeaders[at]}: ${answer.rawHeaders[at + 1]}`);
      socket.write(`${lines.join("\r\n")}\r\n\r\n`);
      socket.write(first);
      other.write(head);
      other.on("error", () => socket.destroy());
      other.on("close", () => socket.destroy());
      socket.on("close", () => other.destroy());
      other.pipe(socket).pipe(other);
    });
    ask.on("response", () => socket.destroy());
    ask.on("error", () => socket.destroy());
    ask.end();
  });
  const port = await listen(server);
  return Object.assign(self, { url: `http://127.0.0.1:${port}`, stop: () => close(server) });
}
