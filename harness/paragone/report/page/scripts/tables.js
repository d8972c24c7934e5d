// Tables that sort by a click on a heading and can be copied, those of the report's sections included.
"use strict";

(function (paragone) {
  const { element, view } = paragone;
  const UNITS = { G: 1e9, M: 1e6, k: 1e3, "µs": 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, "%": 0.01, T: 1e12 };

  // The number at the start of a text, times the unit behind it; null where there is none.
  function numberOf(text) {
    const found = /^[≈±−-]?([\d\u202f\u00a0,]*\.?\d+(?:e[+-]?\d+)?)(?:\s?([A-Za-zµ%]+))?/.exec(text.trim());
    if (!found) return null;
    const size = Number(found[1].replace(/[\u202f\u00a0,]/g, ""));
    const unit = found[2] || "";
    const factor = UNITS[unit] ?? (/^[GMkT][A-Z]/.test(unit) ? UNITS[unit[0]] : 1);
    return (/^[−-]/.test(text.trim()) ? -1 : 1) * size * factor;
  }

  function keyOf(cell) {
    const given = cell.dataset.sort;
    if (given !== undefined) return given === "" ? null : Number(given);
    const text = cell.textContent.trim();
    return numberOf(text) ?? (text === "" || text === "–" ? null : text.toLowerCase());
  }

  // Numbers before texts; missing values last in both directions.
  function compare(one, other, descending) {
    if (one === null || other === null) return (one === null) - (other === null);
    if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
    const order = typeof one === "number" ? one - other : one.localeCompare(other, "en", { numeric: true });
    return descending ? -order : order;
  }

  function sortBy(table, column, descending) {
    const heading = table.tHead.rows[0].cells[column];
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [keyOf(row.cells[column]), row]);
    keyed.sort(([one], [other]) => compare(one, other, descending));
    body.append(...keyed.map(([, row]) => row));
  }

  // Sort by this column, or reverse its order. Tables named in `view` record the choice in the address.
  function sortOrReverse(table, column) {
    const heading = table.tHead.rows[0].cells[column];
    const descending = heading.getAttribute("aria-sort") === "ascending";
    sortBy(table, column, descending);
    const { choice } = table.dataset;
    if (choice) view.choose({ [choice]: `${descending ? "-" : ""}${heading.dataset.column}` });
  }

  // Sort a table as the address says, if it has that column.
  paragone.sortAsChosen = function (table) {
    const wanted = view.chosen[table.dataset.choice];
    const column = [...table.tHead.rows[0].cells].findIndex((cell) => cell.dataset.column === wanted.replace(/^-/, ""));
    if (column >= 0) sortBy(table, column, wanted.startsWith("-"));
  };

  // Put a sort button into every heading that has text.
  paragone.sortable = function (table) {
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const content = [...cell.childNodes];
      if (!cell.textContent.trim()) return;
      cell.replaceChildren(element("button", { type: "button", class: "sort", click: () => sortOrReverse(table, column) }, content));
    });
    return table;
  };

  // A table in a box that scrolls, with its copy buttons above.
  paragone.boxed = function (table, what, lines = (form) => paragone.textsOf(table, form)) {
    return [paragone.copyButtons(what, lines),
      element("div", { class: "scroll", role: "region", "aria-label": what }, paragone.sortable(table))];
  };

  // No table scrolls sideways: one that is too wide shows each row as a card. What is hidden has no width yet.
  paragone.fitTables = function (among = document) {
    for (const box of among.querySelectorAll(".scroll")) {
      const table = box.querySelector("table");
      table.classList.remove("cards");
      table.classList.toggle("cards", table.offsetWidth > box.clientWidth);
      box.classList.add("fits");
      box.removeAttribute("tabindex");
    }
  };

  for (const box of document.querySelectorAll("main section > .scroll")) {
    const table = box.querySelector("table");
    const part = box.closest("section").querySelector("h2").textContent;
    box.setAttribute("aria-label", `Table: ${part}`);
    if (!table.tHead || table.tBodies[0].rows.length < 2) continue;
    paragone.sortable(table);
    box.before(paragone.copyButtons(`the table of ${part}`, (form) => paragone.textsOf(table, form)));
  }
  window.addEventListener("resize", () => paragone.fitTables());
  document.addEventListener("toggle", () => paragone.fitTables(), true);
})(window.paragone);
