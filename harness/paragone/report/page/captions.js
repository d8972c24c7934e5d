// What is said of the charts in words: of a point to the pointer, of all of them in the note above.
"use strict";

(function (paragone) {
  const { data, distinct, element, view, words } = paragone;

  const OF_METRIC = {
    cold: "The first call of a process at that batch size: compiling and first touches included. The median over launches. " +
      "A call is as long as a sample, whose steps differ from cell to cell: the multiple of the steady time compares better.",
    cold_ratio: "The first call of a process, as a multiple of the same steps' steady time. The median over launches.",
    memory: "Highest in a process of its own, above what it held after loading.",
    peak: "Highest in a process of its own.",
  };
  const COMPARED = ["rate", "epoch", "share", "ratio"];

  function comparison(row) {
    if (row.ratio_to_baseline === null || row.verdict === "baseline") return row.verdict;
    const interval = words.ends(row.ratio_low, row.ratio_high, words.ratioInterval);
    return `${words.ratio(row.ratio_to_baseline)} ${interval} the speed of the run's own baseline: ${row.verdict}`;
  }

  // The cell, its number and interval, and what it rests on.
  paragone.tip = function (row) {
    const estimate = paragone.estimate(row);
    const metric = paragone.metric();
    const line = (...parts) => element("div", {}, parts.filter(Boolean).join(" · "));
    const number = `${metric.title}: ${metric.write(estimate.value)} ${paragone.intervalOf(estimate)}`;
    const status = row.status === "passed" ? "verified" : row.status;
    return element("div", { class: "tip" }, element("strong", {}, row.name),
      line(row.problem, row.dtype, `batch ${words.batch(row.batch_size)}`, words.plural(row.threads, "thread")),
      element("div", { class: "number" }, number),
      line(words.plural(row.n_samples, "sample"), words.plural(row.n_launches, "launch"), status),
      line(comparison(row)));
  };

  // The variants that have no point, each with the reason that its status is.
  function notDrawn(rows, points) {
    const without = rows.filter((row) => !points.some((point) => point.row.variant === row.variant));
    return distinct("variant", without).map((variant) => {
      const row = without.find((one) => one.variant === variant);
      return `${row.name} ${row.dtype} (${row.status === "passed" ? "no number" : row.status})`;
    });
  }

  // `groups` are the panels: their lines and what lies behind them.
  paragone.note = function (rows, groups) {
    const { metric, problem } = view.chosen;
    const points = groups.flatMap(({ lines }) => lines.flatMap((line) => line.points));
    const has = (what) => groups.some(({ behind }) => behind[what].length);
    const bands = points.some(({ low }) => low !== null) ? "Bands are 95 % intervals over launches." : "";
    const median = `Median over launches. ${bands}`;
    const unverified = distinct("name", points.map(({ row }) => row).filter((row) => row.status === "not checked"));
    const absent = notDrawn(rows, points);
    return [
      metric === "ratio" ? paragone.ratioNote(rows) : OF_METRIC[metric] || median,
      COMPARED.includes(metric) ? data.noise[problem] : "",
      has("limit") ? "Grey area: beyond the limit of this machine." : "",
      has("noise") ? "Grey band: A/A noise around the baseline." : "",
      data.keys[problem],
      unverified.length ? `Not verified: ${unverified.join(", ")}.` : "",
      absent.length ? `Not drawn: ${absent.join(", ")}.` : "",
    ].map((sentence) => sentence.trim()).filter(Boolean).join(" ");
  };
})(window.paragone);
