// Texts that want to be more than text. Each sets window.e2ePwned when it runs, or leaves an element of its own.
export const TEXTS = [
  `<img src=x onerror="window.e2ePwned=1">`,
  `"><script>window.e2ePwned=2</script>`,
  `'><svg onload=window.e2ePwned=3>`,
  `</title></style></textarea><iframe srcdoc="<script>parent.e2ePwned=4</script>"></iframe>`,
  `<a href="javascript:window.e2ePwned=5">click</a>`,
  `{{constructor.constructor('window.e2ePwned=6')()}}`,
  `javascript:window.e2ePwned=7`,
  `<!--<b>--!><style>*{display:none}</style>`,
  `<base href="//example.invalid/"><meta http-equiv=refresh content="0;url=javascript:window.e2ePwned=8">`,
  `\u202egnp.exe\u2066 \u200b\ufeff`,
  `&lt;b&gt; &#x3c;img&#x3e; %3Cimg%3E`,
];

const ESC = "\x1b";
/** Lines of a log; `text` is what may be shown of it where that is not the line itself. */
export const LINES = [
  ...TEXTS.map((line) => ({ line })),
  { line: `${ESC}[31mred${ESC}[0m plain ${ESC}[1;32mbold green${ESC}[0m`, text: "red plain bold green" },
  { line: `${ESC}]0;<img src=x onerror=window.e2ePwned=10>\x07title`, text: "title" },
  { line: `${ESC}]8;;javascript:window.e2ePwned=11${ESC}\\a link${ESC}]8;;${ESC}\\`, text: "a link" },
  { line: `${ESC}]8;;https://example.com/ok${ESC}\\good link${ESC}]8;;${ESC}\\`, text: "good link" },
  { line: `${ESC}[38;2;1;2;3m<b>colour</b>${ESC}[m`, text: "<b>colour</b>" },
  { line: `${ESC}]52;c;ZXZpbA==\x07${ESC}[2J${ESC}[Hclipboard`, text: "clipboard" },
  { line: `see https://example.com/a?b=c#d and javascript:window.e2ePwned=12 and data:text/html,<script>window.e2ePwned=13</script>` },
  { line: `https://example.com/"onmouseover="window.e2ePwned=14` },
];

/** What hostile text must never have become: words for what was found, none when all is well. */
export function found() {
  const wrong = [];
  if (window.e2ePwned !== undefined) wrong.push(`a script of the text ran: ${window.e2ePwned}`);
  const strange = "img, script:not(head script), iframe, object, embed, base, meta:not(head meta), style, template, form:not(.filters, dialog form), svg[onload], b:not(.app *)";
  for (const element of document.body.querySelectorAll(strange)) {
    // The script that starts the app is the page's own.
    if (!element.matches("script[data-wasm], script[src*='boot']")) wrong.push(`an element that the text made: ${element.outerHTML.slice(0, 200)}`);
  }
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (name.startsWith("on")) wrong.push(`a handler: ${name}=${value.slice(0, 100)}`);
      const isAddress = ["href", "src", "action", "formaction", "xlink:href", "srcdoc"].includes(name);
      if (isAddress && !/^(\?|\.\/|#|https?:\/\/)/i.test(value)) wrong.push(`an address: ${name}=${value.slice(0, 100)}`);
    }
  }
  const own = new Set(["DIV", "SPAN", "A", "BDI", "MARK", "MAIN", "ARTICLE", "SECTION", "HEADER", "NAV", "H1", "H2", "H3", "P", "B", "BUTTON", "INPUT", "SELECT", "OPTION", "DATALIST", "LABEL", "FORM", "FIELDSET", "LEGEND", "DL", "DT", "DD", "UL", "LI", "PRE", "TIME", "SVG", "G", "PATH", "CIRCLE", "RECT", "DIALOG", "KBD", "SCRIPT", "CODE", "DETAILS", "SUMMARY", "FOOTER", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD"]);
  for (const element of document.body.querySelectorAll("*")) {
    if (!own.has(element.tagName.toUpperCase())) wrong.push(`an element of a strange kind: ${element.outerHTML.slice(0, 100)}`);
  }
  return wrong;
}
