// The table of every cell: filtered by text and by column, sorted by any heading, copied as it stands.
"use strict";

(function (paragone) {
  const { data, distinct, element, view, words } = paragone;
  const form = document.getElementById("cell-controls");
  const box = document.getElementById("cells");
  const plain = (column) => [column.replace(/_/g, " "), (row) => String(row[column] ?? ""), column];
  const number = (title, column, write) => [title, (row) => (row[column] === null ? "" : write(row[column])), column];
  const between = (title, low, high, write, of) => [title, (row) => words.ends(row[low], row[high], write, row[of]), low];

  // Heading, words, and the column that it sorts by; all others of summary.csv are shown as they stand there.
  const CHOSEN = [
    plain("variant"), plain("problem"), number("batch", "batch_size", words.batch), plain("threads"),
    number("images/s", "images_per_second", words.rate),
    between("95 %", "images_per_second_low", "images_per_second_high", words.rateInterval, "images_per_second"),
    number("of the limit", "share_of_limit", words.percent), number("ratio", "ratio_to_baseline", words.ratio),
    between("95 %", "ratio_low", "ratio_high", words.ratioInterval), plain("verdict"), plain("status"),
    number("s/epoch", "seconds_per_epoch", words.seconds), number("spread", "spread", words.percent),
    number("launches", "n_launches", String), number("samples", "n_samples", String),
  ].filter(([, , column]) => !["problem", "threads"].includes(column) || distinct(column).length > 1);
  const ALL = data.columns.map((column) => [column.replace(/_/g, " "), (row) => String(row[column] ?? ""), column]);
  const FILTERS = [
    ["Workload", "problem"], ["dtype", "dtype"], ["Threads", "threads"], ["Batch size", "batch_size"],
    ["Verdict", "verdict"], ["Status", "status"],
  ];

  // A verdict without its per cent, so that a filter has one entry for each word.
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
    return element("tr", { "data-index": row.index }, columns.map(([, write, column], place) => {
      const value = row[column];
      const isNumber = typeof value === "number";
      const text = write(row);
      const content = place === 0 ? element("a", { href: `#cell-${row.index}` }, text) : text;
      return element(place ? "td" : "th", { scope: place ? null : "row", class: isNumber ? "number" : null,
        "data-sort": isNumber ? value : null }, content);
    }));
  }

  // For a file, all of summary.csv; for a text, what is to be seen, in the order in which it is seen.
  function lines(form_, table) {
    if (form_ === "Markdown") return paragone.textsOf(table, form_);
    const order = [...table.tBodies[0].rows].map((row) => data.rows[Number(row.dataset.index)]);
    return [data.columns, ...order.map((row) => data.columns.map((column) => row[column]))];
  }

  function update() {
    paragone.refresh(form);
    const rows = shown();
    const columns = view.chosen.columns === "all" ? ALL : CHOSEN;
    const table = element("table", { class: "cells", "data-choice": "sort" },
      element("caption", {}, `${rows.length} of ${words.plural(data.rows.length, "cell")}`),
      element("thead", {}, element("tr", {}, columns.map(([title, , column]) =>
        element("th", { scope: "col", "data-column": column, class: typeof data.rows[0]?.[column] === "number" ? "number" : null }, title)))),
      element("tbody", {}, rows.map((row) => line(row, columns))));
    box.replaceChildren(...paragone.boxed(table, "the table of every cell", (form_) => lines(form_, table)));
    paragone.sortAsChosen(table);
  }

  form.append(paragone.field("Text", "text", "torch float32 slower"));
  for (const [label, column] of FILTERS) {
    const values = [...new Set(data.rows.map((row) => valueOf(row, column)))].filter(Boolean);
    const options = [["", "all"], ...values.map((value) => [value, value])];
    if (values.length > 1) form.append(paragone.choice(label, `only-${column}`, options));
  }
  form.append(paragone.choice("Columns", "columns", [["", "the main ones"], ["all", "all of summary.csv"]]));
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
  view.onChange((changed) => {
    if (changed.some((name) => view.isOfTable(name) && name !== "sort")) update();
  });
})(window.paragone);
