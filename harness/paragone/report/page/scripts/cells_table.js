// The table of every cell: filtered by text and by column, sorted by any heading, copied as shown.
"use strict";

(function (paragone) {
  const { data, distinct, element, view, format } = paragone;
  const controls = document.getElementById("cell-controls");
  const box = document.getElementById("cells");
  const plain = (column) => [column.replace(/_/g, " "), (row) => String(row[column] ?? ""), column];
  const number = (title, column, write) => [title, (row) => (row[column] === null ? "" : write(row[column])), column];
  const interval = (title, low, high, write, of) => [title, (row) => format.optionalPair(row[low], row[high], write, row[of]), low];

  // Heading, text of a row, and the column to sort by. The other columns of summary.csv are shown unformatted.
  const words = data.shared_words;
  const MAIN = [
    plain("variant"), plain("problem"), number(words.column, "size", format.size), plain("threads"),
    number(words.rate, "work_per_second", format.rate),
    interval("95 %", "work_per_second_low", "work_per_second_high", format.rateInterval, "work_per_second"),
    number("of the limit", "share_of_limit", format.percent), number("ratio", "ratio_to_baseline", format.ratio),
    interval("95 %", "ratio_low", "ratio_high", format.ratioInterval), ["verdict", paragone.verdictOf, "verdict"], plain("status"),
    ...(words.beside_speed ? [number(words.beside_speed, "error", format.error), number("allowed", "bound", format.error)] : []),
    ...(words.all_data ? [number(`s/${words.all_data}`, "seconds_per_pass", format.seconds)] : []), number("spread", "spread", format.percent),
    number("launches", "n_launches", String), number("samples", "n_samples", String),
  ].filter(([, , column]) => !["problem", "threads"].includes(column) || distinct(column).length > 1);
  const ALL = data.columns.map((column) => [column.replace(/_/g, " "), (row) => String(row[column] ?? ""), column]);
  const FILTERS = [
    ["Problem", "problem"], ["dtype", "dtype"], ["Threads", "threads"], [words.size.includes(" ") ? format.capitalised(words.size) : words.size, "size"],
    ["Verdict", "verdict"], ["Status", "status"],
  ];

  // A verdict without its percentage, so that a filter has one entry for each verdict.
  const valueOf = (row, column) => String(column === "verdict" ? row.verdict.split(" within")[0] : row[column]);

  function shown() {
    const parts = view.chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
    return data.rows.filter((row) => {
      const text = data.columns.map((column) => row[column]).join(" ").toLowerCase();
      const isWanted = FILTERS.every(([, column]) => ["", valueOf(row, column)].includes(view.chosen[`only-${column}`]));
      return isWanted && parts.every((part) => text.includes(part));
    });
  }

  function line(row, columns) {
    return element("tr", { "data-index": row.index, class: paragone.isWithin(row) ? "within" : null }, columns.map(([title, write, column], place) => {
      const value = row[column];
      const isNumber = typeof value === "number";
      const text = write(row);
      const content = place === 0 ? element("a", { href: `#cell-${row.index}` }, text) : text;
      return element(place ? "td" : "th", { scope: place ? null : "row", class: isNumber ? "number" : null, "data-label": place ? title : null,
        "data-sort": isNumber ? value : null }, content);
    }));
  }

  // CSV copies all columns of summary.csv, Markdown the columns shown; both the rows shown, in their order.
  function lines(form, table) {
    if (form === "Markdown") return paragone.textsOf(table, form);
    const order = [...table.tBodies[0].rows].map((row) => data.rows[Number(row.dataset.index)]);
    return [data.columns, ...order.map((row) => data.columns.map((column) => row[column]))];
  }

  function update() {
    paragone.refresh(controls);
    const rows = shown();
    const columns = view.chosen.columns === "all" ? ALL : MAIN;
    const table = element("table", { class: "cells", "data-choice": "sort" },
      element("caption", {}, `${rows.length} of ${format.plural(data.rows.length, "cell")}`),
      element("thead", {}, element("tr", {}, columns.map(([title, , column]) =>
        element("th", { scope: "col", "data-column": column, class: typeof data.rows[0]?.[column] === "number" ? "number" : null }, title)))),
      element("tbody", {}, rows.map((row) => line(row, columns))));
    box.replaceChildren(...paragone.boxed(table, "the table of every cell", (form) => lines(form, table)));
    paragone.sortAsChosen(table);
    paragone.fitTables(box);
  }

  controls.append(paragone.field("Text", "text", "torch float32 slower"));
  for (const [label, column] of FILTERS) {
    const values = [...new Set(data.rows.map((row) => valueOf(row, column)))].filter(Boolean);
    const options = [["", "all"], ...values.map((value) => [value, value])];
    if (values.length > 1) controls.append(paragone.choice(label, `only-${column}`, options));
  }
  controls.append(paragone.choice("Columns", "columns", [["", "the main ones"], ["all", "all of summary.csv"]]));
  controls.addEventListener("submit", (event) => event.preventDefault());
  update();
  view.onChange((changed) => {
    if (changed.some((name) => view.isOfTable(name) && name !== "sort")) update();
  });
})(window.paragone);
