// The commands that repeat a cell, and the source of its implementation. Both enter the page as text, never as markup.
"use strict";

(function (paragone) {
  const { element } = paragone;

  // A command in a box with a copy button. Where the browser does not let the page copy, the button selects the text.
  paragone.command = function (what, text) {
    const code = element("code", {}, text);
    const status = element("span", { role: "status", class: "note" });
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(text);
        status.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(code);
        status.textContent = "selected: now Ctrl+C or ⌘C";
      }
    };
    return element("div", { class: "command" }, element("p", {}, what), element("pre", { tabindex: "0" }, code),
      element("button", { type: "button", "aria-label": `Copy the command: ${what}`, click: copy }, "Copy"), status);
  };

  // The text with spans for its highlights; marks are [gap, length, class, gap, length, class …].
  function highlighted(text, marks, classes) {
    const code = element("code", {});
    let at = 0;
    for (let place = 0; place < marks.length; place += 3) {
      const [gap, length, name] = marks.slice(place, place + 3);
      code.append(text.slice(at, at + gap), element("span", { class: classes[name] }, text.slice(at + gap, at + gap + length)));
      at += gap + length;
    }
    code.append(text.slice(at));
    return code;
  }

  function panel([name, language, text, marks], classes, place) {
    const count = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
    const numbers = Array.from({ length: count }, (_, line) => line + 1).join("\n");
    return element("div", { role: "tabpanel", id: `source-${place}`, "aria-label": `${name}, ${language}`, hidden: place > 0 },
      element("pre", { class: "source", tabindex: "0" }, element("span", { class: "lines", "aria-hidden": "true" }, numbers), highlighted(text, marks, classes)));
  }

  // A tab for each file; the arrow keys, Home and End move between them.
  function tabs(files, classes) {
    const panels = files.map((file, place) => panel(file, classes, place));
    const buttons = files.map(([name], place) => element("button", {
      type: "button", role: "tab", "aria-controls": `source-${place}`, "aria-selected": String(place === 0), tabindex: place ? "-1" : "0",
      click: () => choose(place), keydown: (event) => move(event, place) }, name));
    function choose(chosen) {
      panels.forEach((one, place) => { one.hidden = place !== chosen; });
      buttons.forEach((button, place) => {
        button.setAttribute("aria-selected", String(place === chosen));
        button.setAttribute("tabindex", place === chosen ? "0" : "-1");
      });
    }
    function move(event, place) {
      const last = buttons.length - 1;
      const target = { ArrowRight: place === last ? 0 : place + 1, ArrowLeft: place === 0 ? last : place - 1, Home: 0, End: last }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      choose(target);
      buttons[target].focus();
    }
    return [element("div", { role: "tablist", "aria-label": "Files", class: "tabs" }, buttons), ...panels];
  }

  paragone.sourceOf = function (implementation, sources) {
    const found = sources.of[implementation] || { hash: "", files: [], left_out: [], missing: "not stored in this run" };
    const hash = found.hash ? element("p", { class: "note" }, "Hash of the whole folder: ", element("code", {}, found.hash)) : null;
    const left = found.left_out.map(([name, reason]) => element("li", {}, element("code", {}, name), `: ${reason}`));
    return element("div", {}, hash, found.missing ? element("p", {}, `The source is ${found.missing}.`) : null,
      found.files.length ? tabs(found.files.map((place) => sources.files[place]), sources.classes) : null,
      left.length ? [element("p", {}, "Not kept:"), element("ul", {}, left)] : null);
  };
})(window.paragone);
