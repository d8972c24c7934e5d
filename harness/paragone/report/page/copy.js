// Tables to the clipboard, as Markdown or as CSV; also where a page from a file may not use the clipboard's own interface.
"use strict";

(function (paragone) {
  const { element } = paragone;

  const oneLine = (text) => String(text ?? "").replace(/\s+/g, " ").trim();
  const markdownCell = (text) => oneLine(text).replace(/([\\|`*_<>[\]])/g, "\\$1");
  // What a spreadsheet would take for a formula gets an apostrophe, as in summary.csv.
  const noFormula = (text) => (/^[=+\-@]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text);
  const csvCell = (text) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

  const FORMS = {
    Markdown: ([head, ...body]) => [head, head.map(() => "---"), ...body]
      .map((line, number) => `| ${line.map(number === 1 ? String : markdownCell).join(" | ")} |`).join("\n"),
    CSV: (lines) => lines.map((line) => line.map((text) => csvCell(noFormula(oneLine(text)))).join(",")).join("\n"),
  };

  // By way of a selected text field, which works without any permission.
  function copyBySelection(text) {
    const field = element("textarea", { readonly: true, class: "copying", "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }

  // Whether the text lies in the clipboard now.
  async function copyText(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyBySelection(text);
    }
  }

  // A table's words as lines of texts: what is to be seen, or what `data-csv` has in its place.
  function textsOf(table, form) {
    const text = (cell) => (form === "CSV" && cell.dataset.csv !== undefined ? cell.dataset.csv : cell.innerText);
    return [...table.rows].filter((row) => !row.hidden).map((row) => [...row.cells].map(text));
  }

  // The two buttons of a table; `lines(form)` gives heading and rows.
  paragone.copyButtons = function (what, lines) {
    const said = element("span", { role: "status", class: "said" });
    const buttons = Object.entries(FORMS).map(([form, write]) =>
      element("button", { type: "button", "aria-label": `Copy ${what} as ${form}`, click: async () => {
        const done = await copyText(write(lines(form)));
        said.textContent = done ? `${form} copied` : "the browser did not let the page copy";
        setTimeout(() => { said.textContent = ""; }, 4000);
      } }, `Copy ${form}`));
    return element("div", { class: "tools" }, buttons, said);
  };
  paragone.textsOf = textsOf;
  paragone.copyForms = FORMS;
})(window.paragone);
