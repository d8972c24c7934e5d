// The legend: all lines in the order of the table, with their last values. A click picks a line out.
"use strict";

(function (paragone) {
  const SVG = "http://www.w3.org/2000/svg";
  // SVG paths of radius 4 around the origin, one for each marker of palette.py.
  const MARKERS = {
    o: "M4,0A4,4 0 1 1 -4,0A4,4 0 1 1 4,0Z", s: "M-3.6,-3.6H3.6V3.6H-3.6Z", D: "M0,-4.8L4.8,0L0,4.8L-4.8,0Z",
    "^": "M0,-4.6L4.4,3.6H-4.4Z", v: "M0,4.6L4.4,-3.6H-4.4Z",
    P: "M-1.6,-4.4H1.6V-1.6H4.4V1.6H1.6V4.4H-1.6V1.6H-4.4V-1.6H-1.6Z",
  };

  function swatch(style, theme) {
    const svg = document.createElementNS(SVG, "svg");
    const colour = theme.isDark ? style.dark : style.light;
    for (const [name, value] of [["width", 34], ["height", 12], ["viewBox", "-17 -6 34 12"], ["aria-hidden", "true"]]) {
      svg.setAttribute(name, value);
    }
    const line = svg.appendChild(document.createElementNS(SVG, "path"));
    line.setAttribute("d", "M-17,0H17");
    line.setAttribute("stroke", colour);
    line.setAttribute("stroke-width", "2");
    if (style.dashes.length) line.setAttribute("stroke-dasharray", style.dashes.map((dash) => 2 * dash).join(" "));
    const marker = svg.appendChild(document.createElementNS(SVG, "path"));
    marker.setAttribute("d", MARKERS[style.marker] || MARKERS.P);
    marker.setAttribute("fill", colour);
    marker.setAttribute("stroke", theme.surface);
    return svg;
  }

  // `lines` are those of all panels; `picked` holds the names of the lines picked out.
  paragone.legend = function (box, lines, picked, baselineNames) {
    const { element, metric, theme, view, format } = paragone;
    const colours = theme();
    const last = (line) => line.points[line.points.length - 1];
    const byName = new Map();
    for (const line of lines) if (!byName.has(line.name)) byName.set(line.name, line);
    const largest = Math.max(...lines.map((line) => last(line).x));
    const items = [...byName.values()].map((line) => {
      const isPicked = picked.has(line.name);
      const own = baselineNames.has(line.name) ? element("small", {}, " baseline") : null;
      return element("li", {}, element("button", {
        type: "button", "aria-pressed": String(isPicked), class: picked.size && !isPicked ? "entry grey" : "entry",
        "data-name": line.name, click: () => view.toggle(line.name),
        focus: () => paragone.emphasise(line.name), blur: () => paragone.emphasise(null),
        mouseenter: () => paragone.emphasise(line.name), mouseleave: () => paragone.emphasise(null),
      }, swatch(line.style, colours), element("span", { class: "name" }, line.name, own),
      element("span", { class: "end" }, metric().write(last(line).y))));
    });
    const showAll = () => view.choose({ highlight: "", search: "" });
    const clear = picked.size
      ? element("button", { type: "button", class: "clear", click: showAll }, "Show all alike")
      : null;
    const dtype = byName.size < lines.length ? `, ${lines[0].dtype}` : "";
    const focused = box.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    box.replaceChildren(
      element("p", { class: "note" }, lines.length ? `At ${paragone.wordsOf(view.chosen.problem).at_size} ${format.size(largest)}${dtype}. ` : "",
        lines.length ? element("span", { class: "on-screen" }, "Click to pick out. ") : null, clear),
      element("ol", {}, items));
    if (focused) [...box.querySelectorAll(".entry")].find((entry) => entry.dataset.name === focused)?.focus();
  };
  paragone.markers = MARKERS;
})(window.paragone);
