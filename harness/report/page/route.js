// Which page of the page is open: the report itself, or one cell at #cell-INDEX; and the way onto paper.
"use strict";

(function (paragone) {
  const { data, element, view } = paragone;
  const cell = document.getElementById("cell");
  const report = ["header", "nav", "main"].map((tag) => document.querySelector(`body > ${tag}`));
  let left = 0; // where the reader was in the report

  function open() {
    const found = /^#cell-(\d+)$/.exec(location.hash);
    const row = found && data.rows[Number(found[1])];
    if (row && cell.hidden) left = window.scrollY;
    const wasOpen = !cell.hidden;
    cell.hidden = !row;
    report.forEach((part) => { part.hidden = Boolean(row); });
    if (row) showCell(row);
    else if (wasOpen) back();
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
    window.scrollTo(0, left);
  }

  // On paper the charts have the width of a page and the colours of a light one.
  function toPaper(isPaper) {
    document.documentElement.classList.toggle("paper", isPaper);
    paragone.redraw();
  }

  window.addEventListener("hashchange", open);
  window.addEventListener("beforeprint", () => toPaper(true));
  window.addEventListener("afterprint", () => toPaper(false));
  open();
})(window.paragone);
