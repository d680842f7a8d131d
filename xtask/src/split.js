
// Brings the parts of the app (docs/adr/0007). The first file imports it under the name of the module that wasm-split writes for this purpose;
// it differs from that one in that the files are named by their content, what several parts share is one file, and a server that does not know
// application/wasm will do.
const __wasm_split = (() => {
    const plan = "@PLAN@";
    const coming = new Map();
    let given;

    /** What the first file gives to all others: its memory, its table of functions, its stack. */
    function imports() {
        if (given === undefined) {
            const exports = initSync();
            given = { __wasm_split: Object.fromEntries(plan.given.map((name) => [name, exports[name]])) };
        }
        return given;
    }

    /** What came stays; what did not come is asked for again by the next who needs it. */
    function once(file, bring) {
        if (!coming.has(file)) {
            const work = bring();
            coming.set(file, work);
            work.catch(() => coming.delete(file));
        }
        return coming.get(file);
    }

    async function ask(file) {
        const answer = await fetch(new URL(file, import.meta.url));
        if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
        return answer;
    }

    async function shared() {
        const module = await WebAssembly.compile(await (await ask(plan.shared)).arrayBuffer());
        const inside = WebAssembly.Module.customSections(module, "module");
        await Promise.all(inside.map((bytes) => WebAssembly.instantiate(bytes, imports())));
    }

    async function own(file, before) {
        const [answer] = await Promise.all([ask(file), before]);
        const isKnown = (answer.headers.get("content-type") ?? "").startsWith("application/wasm");
        await (isKnown ? WebAssembly.instantiateStreaming(answer, imports()) : WebAssembly.instantiate(await answer.arrayBuffer(), imports()));
    }

    /** Rust's end gives the number of the function that is to be told, and what it wants to hear with it. */
    const load = (file) => async (callback, data) => {
        let isHere = true;
        try {
            const before = plan.shared && once(plan.shared, shared);
            await (file ? once(file, () => own(file, before)) : before);
        } catch (error) {
            console.error(error);
            isHere = false;
        }
        imports().__wasm_split.__indirect_function_table.get(callback)(data, isHere);
    };
    return Object.fromEntries(plan.parts.map(([name, file]) => [`__wasm_split_load_${name}`, load(file)]));
})();
