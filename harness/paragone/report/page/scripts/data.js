// The data of the page, unpacked, and helpers that all scripts use.
"use strict";
window.paragone = {};

(function (paragone) {
  const packed = JSON.parse(document.getElementById("payload").textContent);
  const unpackLaunch = ([wave, launch, attempt, step_seconds]) => ({ key: `${wave} ${launch} ${attempt}`, step_seconds });
  const rows = packed.values.map((values, index) => {
    const row = Object.fromEntries(packed.columns.map((column, place) => [column, values[place]]));
    return { ...row, index, work: packed.work[index], allowed: packed.allowed[index], ...packed.lines[row.variant], launches: packed.launches[index].map(unpackLaunch) };
  });
  paragone.data = { ...packed, rows };

  // How the family of a problem speaks, and how to speak of all problems of the run.
  paragone.wordsOf = (problem) => packed.words[problem] || packed.shared_words;

  // One launch has no verdicts, which the title says; only what lies within A/A is called so, and greyed.
  paragone.isWithin = (row) => row.verdict === "within A/A";
  paragone.verdictOf = (row) => (row.verdict.endsWith("no interval: one launch") ? "" : row.verdict);

  // The colours of the current theme: light, dark or paper.
  paragone.theme = function () {
    const styles = getComputedStyle(document.documentElement);
    const names = { ink: "--ink", softInk: "--soft-ink", grid: "--grid", surface: "--surface", accent: "--accent", noise: "--noise" };
    const colours = Object.entries(names).map(([name, variable]) => [name, styles.getPropertyValue(variable).trim()]);
    return { ...Object.fromEntries(colours), isDark: styles.getPropertyValue("--is-dark").trim() === "1" };
  };

  // An element with attributes and children. Functions become event listeners; strings become text nodes, never markup.
  paragone.element = function (tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  };

  // The distinct values of a column, in order of appearance.
  paragone.distinct = (column, among = rows) => [...new Set(among.map((row) => row[column]))];
})(window.paragone);
