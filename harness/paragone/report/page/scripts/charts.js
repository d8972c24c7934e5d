// The charts: their controls, a panel for each dtype, and the pointer.
"use strict";

(function (paragone) {
  const { distinct, element, view, format } = paragone;
  const form = document.getElementById("chart-controls");
  const panels = document.getElementById("panels");
  const FADED = 0.22; // opacity
  let drawn = [];
  let emphasised = null;

  function shownRows() {
    const { problem, threads, dtype } = view.chosen;
    return view.presented.filter((row) =>
      row.problem === problem && String(row.threads) === threads && (!dtype || row.dtype === dtype));
  }

  // A panel for each dtype that has a line.
  function groupsOf(rows) {
    return distinct("dtype", rows).sort().map((dtype) => {
      const own = rows.filter((row) => row.dtype === dtype);
      return { dtype, lines: paragone.linesOf(own), backdrop: paragone.backdrop(own) };
    }).filter(({ lines }) => lines.length);
  }

  // Colour, opacity and z of a line: a picked line keeps its colour, the others turn grey.
  function looks(picked) {
    const theme = paragone.theme();
    return ({ name, style }) => {
      const isPicked = picked.has(name) || name === emphasised;
      if ((picked.size || emphasised) && !isPicked) return { colour: theme.softInk, opacity: FADED, z: 2 };
      return { colour: theme.isDark ? style.dark : style.light, opacity: 1, z: name === emphasised ? 4 : 3 };
    };
  }

  function draw() {
    const rows = shownRows();
    const picked = view.picked(rows);
    const groups = groupsOf(rows);
    fit(groups);
    const ends = paragone.bounds(groups.flatMap(({ lines }) => lines), groups.map(({ backdrop }) => backdrop));
    drawn = groups.map(({ lines, backdrop }, place) => {
      const box = panels.children[place].querySelector(".plot");
      const tip = ({ seriesIndex, dataIndex }) => paragone.pointTip(lines[seriesIndex].points[dataIndex].row);
      return { box, ...paragone.panel(box, lines, backdrop, ends, looks(picked), tip) };
    });
    return { rows, groups, picked };
  }

  // One figure for each panel, on screen high enough for the list of lines beside it.
  function fit(groups) {
    const most = Math.max(0, ...groups.map(({ lines }) => lines.length));
    const isPaper = document.documentElement.classList.contains("paper"); // where the list stands below
    while (panels.children.length > groups.length) {
      echarts.dispose(panels.lastElementChild.querySelector(".plot"));
      panels.lastElementChild.remove();
    }
    while (panels.children.length < groups.length) panels.append(figure());
    groups.forEach(({ dtype, lines }, place) => {
      const { title } = paragone.metric();
      const threads = format.plural(Number(view.chosen.threads), "thread");
      const [caption, box] = panels.children[place].children;
      caption.textContent = `${dtype} · ${title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}`;
      box.style.height = `${isPaper ? 330 : Math.min(760, Math.max(400, 22 * most))}px`;
      box.setAttribute("aria-label", `Chart: ${title}, ${view.chosen.problem}, ${dtype}, ${threads}, over ${paragone.wordsOf(view.chosen.problem).size}, ` +
        `${format.plural(lines.length, "line")}. The table below says the same.`);
    });
  }

  function figure() {
    const box = element("div", { class: "plot", role: "img" });
    const made = element("figure", {}, element("figcaption", {}), box);
    const chart = echarts.init(box, null, { renderer: "svg" });
    const nearest = ({ offsetX, offsetY }) => {
      const panel = drawn.find((one) => one.box === box);
      return panel ? paragone.nearest(panel.points, offsetX, offsetY, view.picked(shownRows())) : null;
    };
    const show = (near) => {
      chart.dispatchAction(near ? { type: "showTip", seriesIndex: near.seriesIndex, dataIndex: near.dataIndex } : { type: "hideTip" });
      chart.getZr().setCursorStyle(near ? "pointer" : "default");
    };
    chart.getZr().on("mousemove", (event) => show(nearest(event)));
    chart.getZr().on("globalout", () => show(null));
    chart.getZr().on("click", (event) => {
      const near = nearest(event);
      if (near) view.toggle(near.line.name);
    });
    return made;
  }

  function controls() {
    const rows = view.presented;
    const same = (values) => values.map((value) => [String(value), String(value)]);
    const dtypes = distinct("dtype", rows).sort();
    const metrics = Object.entries(paragone.metrics)
      .filter(([name, metric]) => ["rate", "ratio"].includes(name) || rows.some((row) => metric.of(row).value !== null));
    const variants = (dtype) => same(distinct("variant", rows.filter((row) => row.dtype === dtype)));
    form.append(
      paragone.choice("Metric", "metric", metrics.map(([name, metric]) => [name, metric.title])),
      paragone.choice("Problem", "problem", same(distinct("problem", rows))),
      paragone.choice("dtype", "dtype", dtypes.length > 1 ? [["", "all"], ...same(dtypes)] : [["", dtypes[0] ?? ""]]),
      paragone.choice("Threads", "threads", same(distinct("threads", rows))),
      paragone.choice("Baseline", "baseline", [["", "the run's own"], ["of the same dtype", same(distinct("name", rows))],
        ...dtypes.map((dtype) => [dtype, variants(dtype)])]),
      paragone.field("Pick out", "search", "numpy, julia"));
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  function update() {
    paragone.refresh(form);
    form.elements.baseline.closest("label").hidden = view.chosen.metric !== "ratio";
    const { rows, groups, picked } = draw();
    const baselines = new Set(rows.filter((row) => paragone.baselineOf(row) === row).map((row) => row.name));
    const note = groups.length ? paragone.chartNote(rows, groups) : "Nothing of this was measured.";
    document.getElementById("chart-note").textContent = note;
    paragone.legend(document.getElementById("legend"), groups.flatMap(({ lines }) => lines), picked, baselines);
    paragone.dataTable(document.getElementById("data-table"), rows, picked);
  }

  // Bring a line to the front without picking it.
  paragone.emphasise = (name) => {
    if (name === emphasised) return;
    emphasised = name;
    draw();
  };
  paragone.redraw = update;

  controls();
  update();
  view.onChange((changed) => {
    if (!changed.every((name) => view.isOfTable(name) || ["chart-sort", "size", "of"].includes(name))) update();
  });
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
})(window.paragone);
