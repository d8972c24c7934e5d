// The reader's choices, kept in the address so that a view can be shared: #view&metric=ratio&dtype=float32
"use strict";

(function (paragone) {
  const { rows } = paragone.data;
  const START = "#view";
  const presented = rows.filter((row) => !row.control && row.status !== "unavailable");
  const first = document.querySelector(".ranking:not([hidden])")?.dataset || presented[0] || {}; // what stands there without scripts

  // Ranking and charts: problem, threads. The ranking alone: size, of (its dtype).
  // Charts: metric, dtype (empty: all), baseline (empty: the run's own), highlight, search.
  // Table of cells: search text, and a filter for each column, prefixed by "only-". Sort columns with "-" are descending.
  const DEFAULTS = {
    problem: first.problem || "", threads: String(first.threads || 1), size: String(first.size ?? ""), of: first.dtype || "",
    metric: "rate", dtype: "", baseline: "",
    highlight: "", search: "", "chart-sort": "", sort: "-work_per_second", text: "", "only-problem": "", "only-dtype": "", "only-threads": "",
    "only-size": "", "only-verdict": "", "only-status": "", columns: "",
  };

  const view = { ...DEFAULTS };
  const listeners = [];

  function read() {
    const chosen = location.hash.startsWith(START) ? new URLSearchParams(location.hash.slice(START.length)) : null;
    if (chosen) for (const name of Object.keys(DEFAULTS)) view[name] = chosen.get(name) ?? DEFAULTS[name];
    return chosen !== null;
  }

  // Change some of the choices and notify the listeners.
  function choose(changes) {
    Object.assign(view, changes);
    history.replaceState(null, "", address());
    listeners.forEach((listener) => listener(Object.keys(changes)));
  }

  function address() {
    const changed = Object.entries(view).filter(([name, value]) => value !== DEFAULTS[name]);
    return `${START}${changed.length ? `&${new URLSearchParams(changed)}` : ""}`;
  }

  // Whether a choice concerns the table of cells only.
  const isOfTable = (name) => name.startsWith("only-") || ["text", "columns", "sort"].includes(name);

  const highlighted = () => new Set(view.highlight ? view.highlight.split("|") : []);

  // The names picked out by a click or by the search; empty where none is.
  function picked(among) {
    const wanted = view.search.toLowerCase().split(",").map((word) => word.trim()).filter(Boolean);
    const found = among.filter((row) => {
      const text = `${row.name} ${row.variant} ${row.language} ${row.layout}`.toLowerCase();
      return wanted.some((word) => text.includes(word));
    });
    return new Set([...highlighted(), ...found.map((row) => row.name)]);
  }

  function toggle(name) {
    const names = highlighted();
    if (!names.delete(name)) names.add(name);
    choose({ highlight: [...names].join("|") });
  }

  read();
  window.addEventListener("hashchange", () => read() && listeners.forEach((listener) => listener(Object.keys(DEFAULTS))));
  paragone.view = { chosen: view, choose, toggle, picked, address, presented, isOfTable, onChange: (listener) => listeners.push(listener) };

  // A labelled select; `options` are [value, text], or [group, [[value, text], …]].
  paragone.choice = function (label, name, options) {
    const { element } = paragone;
    const option = ([value, text]) => element("option", { value }, text);
    const select = element("select", { name, change: () => choose({ [name]: select.value }) },
      options.map(([value, text]) =>
        Array.isArray(text) ? element("optgroup", { label: value }, text.map(option)) : option([value, text])));
    select.value = view[name];
    return element("label", {}, element("span", {}, label), select);
  };

  paragone.field = function (label, name, hint) {
    const { element } = paragone;
    const input = element("input", { type: "search", name, placeholder: hint, autocomplete: "off",
      input: () => choose({ [name]: input.value }) });
    input.value = view[name];
    return element("label", {}, element("span", {}, label), input);
  };

  // Show the choices in the controls of a form. A choice that the control does not offer is reset.
  paragone.refresh = function (form) {
    for (const control of form.elements) {
      if (control !== document.activeElement) control.value = view[control.name];
      if (control.selectedIndex === -1) control.value = view[control.name] = DEFAULTS[control.name];
    }
  };
})(window.paragone);
