// Navigation: the report itself, or one cell at #cell-INDEX. Also the switch to paper before printing.
"use strict";

(function (paragone) {
  const { data, element, view } = paragone;
  const cell = document.getElementById("cell");
  const report = ["header", "nav", "main"].map((tag) => document.querySelector(`body > ${tag}`));
  const title = document.title;
  let scrolledTo = 0; // in the report, when it was left
  let followed = ""; // selector of the link by which it was left

  function open() {
    const found = /^#cell-(\d+)$/.exec(location.hash);
    const row = found && data.rows[Number(found[1])];
    if (row && cell.hidden) leave();
    const wasOpen = !cell.hidden;
    cell.hidden = !row;
    report.forEach((part) => { part.hidden = Boolean(row); });
    document.title = row ? `${row.name}, ${paragone.wordsOf(row.problem).at_size} ${paragone.format.size(row.size)} – ${title}` : title;
    if (row) showCell(row);
    else if (wasOpen) back();
    paragone.fitTables();
    document.querySelector("nav details").open = false;
  }

  function leave() {
    scrolledTo = window.scrollY;
    const box = document.activeElement.closest("#data-table, #cells");
    followed = box ? `#${box.id} a[href="${document.activeElement.getAttribute("href")}"]` : "";
  }

  function showCell(row) {
    const container = element("div", {});
    cell.replaceChildren(element("p", {}, element("a", { href: view.address() }, "← Back to the report")), container);
    if (paragone.showCell) paragone.showCell(container, row.index, data);
    cell.setAttribute("tabindex", "-1");
    cell.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }

  function back() {
    paragone.redraw();
    if (followed) document.querySelector(followed)?.focus({ preventScroll: true });
    window.scrollTo(0, scrolledTo);
  }

  // On paper the charts have the width of a sheet and light colours.
  function toPaper(isPaper) {
    document.documentElement.classList.toggle("paper", isPaper);
    paragone.redraw();
  }

  window.addEventListener("hashchange", open);
  window.addEventListener("beforeprint", () => toPaper(true));
  window.addEventListener("afterprint", () => toPaper(false));
  open();
})(window.paragone);
