// The table below the charts: a row for each variant, a column for each size, every number a link to its cell. The best
// at the largest size is the first row, as in the legend.
"use strict";

(function (paragone) {
  const { data, distinct, element, view, format } = paragone;

  const hasVerdictOf = (row) =>
    ["rate", "ratio"].includes(view.chosen.metric) && paragone.baselineOf(row)?.variant === data.baselines[row.dtype];

  function entry(row, label) {
    if (!row) return element("td", { class: "empty" });
    const estimate = paragone.estimate(row);
    const { value } = estimate;
    const missing = row.status === "passed" ? format.MISSING : row.status;
    const interval = paragone.intervalOf(estimate);
    const isSpeed = ["rate", "ratio"].includes(view.chosen.metric);
    const hasVerdict = hasVerdictOf(row);
    const verdict = paragone.isWithin(row) ? "≈" : paragone.verdictOf(row);
    return element("td", { class: hasVerdict && paragone.isWithin(row) ? "number within" : "number", "data-label": label, "data-sort": value ?? "", "data-csv": value ?? "" },
      element("a", { href: `#cell-${row.index}` }, value === null ? missing : paragone.metric().write(value)),
      interval ? element("span", { class: "interval" }, " ", interval) : null,
      hasVerdict && value !== null && verdict ? element("span", { class: verdict === "≈" ? "interval" : "verdict" }, " ", verdict) : null,
      isSpeed && row.allowed ? element("span", { class: "verdict" }, " ", row.allowed) : null);
  }

  paragone.dataTable = function (box, rows, picked) {
    const sizes = distinct("size", rows).sort((a, b) => a - b);
    const hasDtypes = distinct("dtype", rows).length > 1;
    const atSize = (size) => `${paragone.wordsOf(view.chosen.problem).at_size} ${format.size(size)}`;
    const head = [["implementation"], ...(hasDtypes ? [["dtype"]] : []), ...sizes.map((size) => [size, atSize(size)])];
    const body = paragone.inOrder(rows).map((variant) => {
      const own = rows.filter((row) => row.variant === variant);
      const [{ name, dtype }] = own;
      return element("tr", { class: picked.size && !picked.has(name) ? "grey" : null },
        element("th", { scope: "row" }, name), hasDtypes ? element("td", {}, dtype) : null,
        sizes.map((size) => entry(own.find((row) => row.size === size), atSize(size))));
    });
    const threads = format.plural(Number(view.chosen.threads), "thread");
    const within = rows.some((row) => paragone.isWithin(row) && hasVerdictOf(row)) ? `. ${data.within}` : "";
    const table = element("table", { class: "data-table", "data-choice": "chart-sort" },
      element("caption", {}, `${paragone.metric().title}, ${view.chosen.problem}, ${threads}${within}`),
      element("thead", {}, element("tr", {}, head.map(([column, heading]) =>
        element("th", { scope: "col", "data-column": column, class: heading ? "number" : null }, heading || column)))),
      element("tbody", {}, body));
    box.replaceChildren(...paragone.boxed(table, "the table of the chart"));
    paragone.sortAsChosen(table);
    paragone.fitTables(box);
  };
})(window.paragone);
