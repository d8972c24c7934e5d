// The charts with their controls, the list of lines beside them, and the table beneath that says the same in text.
"use strict";

(function (paragone) {
  const { data, distinct, element, view, words } = paragone;
  const form = document.getElementById("chart-controls");
  const panels = document.getElementById("panels");
  let drawn = [];
  let emphasised = null;

  const asChoices = (values) => values.map((value) => [String(value), String(value)]);

  // The rows of the charts, by the controls.
  function shownRows() {
    const { problem, threads, dtype } = view.chosen;
    return view.presented.filter((row) => row.problem === problem && String(row.threads) === threads && (!dtype || row.dtype === dtype));
  }

  // A line for each variant of a dtype that has a number; points of 0 have no place on a log axis.
  function linesOf(rows) {
    return distinct("variant", rows).map((variant) => {
      const own = rows.filter((row) => row.variant === variant);
      const points = own.map((row) => ({ row, x: row.batch_size, ...rename(paragone.estimate(row)) }))
        .filter((point) => point.y > 0).sort((a, b) => a.x - b.x);
      return { variant, name: own[0].name, dtype: own[0].dtype, style: own[0].style, points };
    }).filter((line) => line.points.length);
  }

  const rename = ({ value, low, high }) => ({ y: value, low, high });

  // What stands behind the lines: the limit where the metric is a throughput, and A/A around the baseline.
  function behind(rows) {
    const { metric } = view.chosen;
    const sizes = distinct("batch_size", rows).sort((a, b) => a - b);
    const isThroughput = ["rate", "epoch", "share"].includes(metric);
    const limited = sizes.map((size) => rows.find((row) => row.batch_size === size && row.limit_images_per_second !== null && row.seconds_per_epoch !== null))
      .filter((row) => row && isThroughput);
    const limit = limited.map((row) => ({ x: row.batch_size, y: paragone.metric().of({ ...row, images_per_second: row.limit_images_per_second,
      seconds_per_epoch: row.seconds_per_epoch * row.images_per_second / row.limit_images_per_second }).value }));
    const own = rows.filter((row) => row.variant === data.baselines[row.dtype] && row.margin !== null).sort((a, b) => a.batch_size - b.batch_size);
    const isOwn = own.every((row) => paragone.baselineOf(row) === row);
    const noise = isThroughput || (metric === "ratio" && isOwn) ? own.map((row) => ({ row, ...rename(paragone.estimate(row)) })) : [];
    return {
      limit, isCeiling: metric !== "epoch",
      noise: noise.filter(({ y }) => y > 0).map(({ row, y }) => ({ x: row.batch_size, low: y / (1 + row.margin), high: y * (1 + row.margin) })),
    };
  }

  // What the pointer is told: the cell, its number and interval, and what it rests on.
  function tip(row) {
    const estimate = paragone.estimate(row);
    const metric = paragone.metric();
    const line = (...parts) => element("div", {}, parts.filter(Boolean).join(" · "));
    const compared = row.ratio_to_baseline === null || row.verdict === "baseline" ? row.verdict
      : `${words.ratio(row.ratio_to_baseline)} ${words.ends(row.ratio_low, row.ratio_high, words.ratioInterval)} the baseline's speed: ${row.verdict}`;
    return element("div", { class: "tip" }, element("strong", {}, row.name),
      line(row.problem, row.dtype, `batch ${words.batch(row.batch_size)}`, words.plural(row.threads, "thread")),
      element("div", { class: "number" }, `${metric.title}: ${metric.write(estimate.value)} ${paragone.intervalOf(estimate)}`),
      line(words.plural(row.n_samples, "sample"), words.plural(row.n_launches, "launch"), row.status === "passed" ? "verified" : row.status),
      line(compared));
  }

  function draw() {
    const rows = shownRows();
    const picked = view.picked(rows);
    const theme = paragone.theme();
    const look = (line) => {
      const isGrey = (picked.size && !picked.has(line.name)) || (emphasised && emphasised !== line.name && !picked.has(line.name));
      return isGrey ? { colour: theme.softInk, opacity: 0.22, z: 2 }
        : { colour: theme.isDark ? line.style.dark : line.style.light, opacity: 1, z: line.name === emphasised ? 4 : 3 };
    };
    const groups = distinct("dtype", rows).sort().map((dtype) => [dtype, rows.filter((row) => row.dtype === dtype)])
      .map(([dtype, own]) => ({ dtype, behind: behind(own), lines: linesOf(own) })).filter(({ lines }) => lines.length);
    fit(groups);
    const ends = paragone.bounds(groups.flatMap(({ lines }) => lines), groups.map((group) => group.behind));
    drawn = groups.map((group, place) => {
      const box = panels.children[place].querySelector(".plot");
      return { box, ...paragone.panel(box, group.lines, group.behind, ends, look,
        ({ seriesIndex, dataIndex }) => tip(group.lines[seriesIndex].points[dataIndex].row)) };
    });
    return { rows, groups, picked };
  }

  // As many figures as there are dtypes, each high enough for the list of lines beside it.
  function fit(groups) {
    const height = Math.round(Math.min(760, Math.max(400, 22 * Math.max(0, ...groups.map(({ lines }) => lines.length)))));
    while (panels.children.length > groups.length) {
      echarts.dispose(panels.lastElementChild.querySelector(".plot"));
      panels.lastElementChild.remove();
    }
    while (panels.children.length < groups.length) panels.append(figure());
    groups.forEach(({ dtype, lines }, place) => {
      const title = `${paragone.metric().title}, ${view.chosen.problem}, ${dtype}, ${words.plural(Number(view.chosen.threads), "thread")}`;
      const [caption, box] = panels.children[place].children;
      caption.textContent = `${dtype} · ${paragone.metric().title.toLowerCase()}`;
      box.style.height = `${height}px`;
      box.setAttribute("aria-label", `Chart: ${title}, over batch size, ${words.plural(lines.length, "line")}. The table below says the same.`);
    });
  }

  function figure() {
    const box = element("div", { class: "plot", role: "img" });
    const made = element("figure", {}, element("figcaption", {}), box);
    const zr = echarts.init(box, null, { renderer: "svg" }).getZr();
    const found = (event) => {
      const panel = drawn.find((one) => one.box === box);
      return panel && [panel, paragone.nearest(panel.points, event.offsetX, event.offsetY, view.picked(shownRows()))];
    };
    zr.on("mousemove", (event) => {
      const [panel, near] = found(event) || [];
      if (!panel) return;
      panel.chart.dispatchAction(near ? { type: "showTip", seriesIndex: near.seriesIndex, dataIndex: near.dataIndex } : { type: "hideTip" });
      zr.setCursorStyle(near ? "pointer" : "default");
    });
    zr.on("globalout", () => echarts.getInstanceByDom(box).dispatchAction({ type: "hideTip" }));
    zr.on("click", (event) => { const [, near] = found(event) || []; if (near) view.toggle(near.line.name); });
    return made;
  }

  // The same in text: a line for each variant, a column for each batch size, every number a way to its cell.
  function twin(rows, picked) {
    const sizes = distinct("batch_size", rows).sort((a, b) => a - b);
    const severalDtypes = distinct("dtype", rows).length > 1;
    const metric = paragone.metric();
    const head = ["implementation", ...(severalDtypes ? ["dtype"] : []), ...sizes.map((size) => `batch ${words.batch(size)}`)];
    const body = distinct("variant", rows).map((variant) => {
      const own = rows.filter((row) => row.variant === variant);
      const cells = sizes.map((size) => entry(own.find((row) => row.batch_size === size)));
      return element("tr", { class: picked.size && !picked.has(own[0].name) ? "grey" : null },
        element("th", { scope: "row" }, own[0].name), severalDtypes ? element("td", {}, own[0].dtype) : null, cells);
    });
    const table = element("table", { class: "twin" },
      element("caption", {}, `${metric.title}, ${view.chosen.problem}, ${words.plural(Number(view.chosen.threads), "thread")}`),
      element("thead", {}, element("tr", {}, head.map((words_, place) => element("th", { scope: "col", class: place ? "number" : null }, words_)))),
      element("tbody", {}, body));
    const box = document.getElementById("twin");
    const before = box.querySelector("table");
    box.replaceChildren(...paragone.boxed(table, "the table of the chart"));
    paragone.sortLike(table, before);
  }

  function entry(row) {
    if (!row) return element("td", {});
    const estimate = paragone.estimate(row);
    const { value } = estimate;
    const metric = paragone.metric();
    const text = value === null ? (row.status === "passed" ? words.MISSING : row.status) : metric.write(value);
    const interval = paragone.intervalOf(estimate);
    const isNoted = ["rate", "ratio"].includes(view.chosen.metric) && paragone.baselineOf(row)?.variant === data.baselines[row.dtype];
    const verdict = isNoted && value !== null && row.verdict ? element("span", { class: "verdict" }, " ", row.verdict) : null;
    return element("td", { class: "number", "data-sort": value ?? "", "data-csv": value ?? "" },
      element("a", { href: `#cell-${row.index}` }, text), interval ? element("span", { class: "interval" }, " ", interval) : null, verdict);
  }

  function note(rows, groups) {
    const { metric, problem } = view.chosen;
    const sentences = {
      ratio: paragone.ratioNote(rows),
      cold: "The first call of a process at that batch size: compiling and first touches included. The median over launches.",
      cold_ratio: "The first call of a process, as a multiple of the same steps' steady time. The median over launches.",
      memory: "Highest in a process of its own, above what it held after loading.", peak: "Highest in a process of its own.",
    };
    const isCompared = ["rate", "epoch", "share", "ratio"].includes(metric);
    const points = groups.flatMap(({ lines }) => lines.flatMap((line) => line.points));
    const bands = points.some(({ low }) => low !== null) ? "Bands are 95 % intervals over launches." : "";
    const parts = [sentences[metric] ?? `Median over launches. ${bands}`, isCompared ? data.noise[problem] : ""];
    if (groups.some((group) => group.behind.limit.length)) parts.push("Grey area: beyond the limit of this machine.");
    if (groups.some((group) => group.behind.noise.length)) parts.push("Dark band: A/A noise around the baseline.");
    const unverified = points.filter(({ row }) => row.status === "not checked").map(({ row }) => row);
    if (unverified.length) parts.push(`Not verified: ${distinct("name", unverified).join(", ")}.`);
    const withoutPoint = rows.filter((row) => !points.some((point) => point.row.variant === row.variant));
    const absent = distinct("variant", withoutPoint).map((variant) => withoutPoint.find((row) => row.variant === variant));
    if (absent.length) parts.push(`Not drawn: ${absent.map((row) => `${row.name} ${row.dtype} (${row.status === "passed" ? "no number" : row.status})`).join(", ")}.`);
    return parts.map((part) => part.trim()).filter(Boolean).join(" ");
  }

  function controls() {
    const rows = view.presented;
    const [problems, dtypes, threads] = ["problem", "dtype", "threads"].map((column) => distinct(column, rows));
    dtypes.sort();
    const byDtype = dtypes.map((dtype) => [dtype, distinct("variant", rows.filter((row) => row.dtype === dtype)).map((variant) => [variant, variant])]);
    const available = Object.entries(paragone.metrics).filter(([, metric]) => rows.some((row) => metric.of(row).value !== null));
    form.append(
      paragone.choice("Metric", "metric", (available.length ? available : Object.entries(paragone.metrics).slice(0, 1)).map(([name, metric]) => [name, metric.title])),
      paragone.choice("Workload", "problem", asChoices(problems)),
      paragone.choice("dtype", "dtype", dtypes.length > 1 ? [["", "all"], ...asChoices(dtypes)] : [["", String(dtypes[0] ?? "")]]),
      paragone.choice("Threads", "threads", asChoices(threads)),
      paragone.choice("Baseline", "baseline", [["", "the run's own"], ["of the same dtype", distinct("name", rows).map((name) => [name, name])], ...byDtype]),
      paragone.field("Pick out", "search", "numpy, julia"));
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  function update() {
    paragone.refresh(form);
    form.elements.baseline.closest("label").hidden = view.chosen.metric !== "ratio";
    const { rows, groups, picked } = draw();
    const baselineNames = new Set(rows.filter((row) => paragone.baselineOf(row) === row).map((row) => row.name));
    paragone.legend(document.getElementById("legend"), groups.flatMap(({ lines }) => lines), picked, baselineNames);
    document.getElementById("chart-note").textContent = groups.length ? note(rows, groups) : "Nothing of this was measured.";
    twin(rows, picked);
  }

  // Bring one line to the front without choosing it.
  paragone.emphasise = (name) => {
    if (name !== emphasised) { emphasised = name; draw(); }
  };
  paragone.redraw = update;

  controls();
  update();
  view.onChange((changed) => changed.some((name) => !name.startsWith("only-") && name !== "text" && name !== "columns") && update());
  let width = window.innerWidth;
  window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; draw(); } });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
})(window.paragone);
