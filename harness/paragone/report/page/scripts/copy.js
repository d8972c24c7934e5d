// Copy tables as Markdown or CSV, also where a page opened from a file may not use the clipboard interface.
"use strict";

(function (paragone) {
  const { element } = paragone;

  const oneLine = (text) => String(text ?? "").replace(/\s+/g, " ").trim();
  const markdownCell = (text) => oneLine(text).replace(/([\\|`*_<>[\]])/g, "\\$1");
  // A text that a spreadsheet would read as a formula gets an apostrophe, as in summary.csv.
  const noFormula = (text) => (/^[=+\-@]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text);
  const csvCell = (text) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

  const FORMS = {
    Markdown: ([head, ...body]) => [head, head.map(() => "---"), ...body]
      .map((line, number) => `| ${line.map(number === 1 ? String : markdownCell).join(" | ")} |`).join("\n"),
    CSV: (lines) => lines.map((line) => line.map((text) => csvCell(noFormula(oneLine(text)))).join(",")).join("\n"),
  };

  // Copying from a selected text field needs no permission.
  function copyBySelection(text) {
    const field = element("textarea", { readonly: true, class: "copying", "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }

  async function copyText(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyBySelection(text);
    }
  }

  // The visible rows of a table as lists of texts; for CSV, `data-csv` replaces the text of a cell that has it.
  function textsOf(table, form) {
    const text = (cell) => (form === "CSV" && cell.dataset.csv !== undefined ? cell.dataset.csv : cell.innerText);
    return [...table.rows].filter((row) => !row.hidden).map((row) => [...row.cells].map(text));
  }

  // A copy button for each form; `lines(form)` returns the heading and the rows.
  paragone.copyButtons = function (what, lines) {
    const status = element("span", { role: "status", class: "copy-status" });
    const buttons = Object.entries(FORMS).map(([form, write]) =>
      element("button", { type: "button", "aria-label": `Copy ${what} as ${form}`, click: async () => {
        const done = await copyText(write(lines(form)));
        status.textContent = done ? `${form} copied` : "the browser did not let the page copy";
        setTimeout(() => { status.textContent = ""; }, 4000);
      } }, `Copy ${form}`));
    return element("div", { class: "tools" }, buttons, status);
  };
  paragone.textsOf = textsOf;
  paragone.copyForms = FORMS;
})(window.paragone);
