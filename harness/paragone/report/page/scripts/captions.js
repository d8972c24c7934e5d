// Captions of the charts: the tooltip of a point, and the note above the panels.
"use strict";

(function (paragone) {
  const { data, distinct, element, view, format } = paragone;

  const METRIC_NOTES = {
    cold: (words) => `The first call of a process at that ${words.one_size}, compiling and page faults included. The median over ` +
      "launches. A call takes as many steps as a sample, which differ from cell to cell: the multiple of the steady time compares better.",
    cold_ratio: () => "The first call of a process, as a multiple of the same steps' steady time. The median over launches.",
    memory: () => "Peak of a process of its own, above its memory after loading.",
    peak: () => "Peak of a process of its own.",
  };
  const COMPARED = ["rate", data.shared_words.all_data, "share", "ratio"];

  function comparison(row) {
    if (row.ratio_to_baseline === null || row.verdict === "baseline") return row.verdict;
    const interval = format.optionalPair(row.ratio_low, row.ratio_high, format.ratioInterval);
    return `${format.ratio(row.ratio_to_baseline)} ${interval} the speed of the run's own baseline: ${row.verdict}`;
  }

  // The tooltip: the cell, its number and interval, how many samples and launches, and its verdict.
  paragone.pointTip = function (row) {
    const estimate = paragone.estimate(row);
    const metric = paragone.metric();
    const line = (...parts) => element("div", {}, parts.filter(Boolean).join(" · "));
    const number = `${metric.title}: ${metric.write(estimate.value)} ${paragone.intervalOf(estimate)}`;
    const status = row.status === "passed" ? "verified" : row.status;
    return element("div", { class: "tip" }, element("strong", {}, row.name),
      line(row.problem, row.dtype, `${paragone.wordsOf(row.problem).at_size} ${format.size(row.size)}`, format.plural(row.threads, "thread")),
      element("div", { class: "number" }, number),
      line(format.plural(row.n_samples, "sample"), format.plural(row.n_launches, "launch"), status),
      line(comparison(row)), row.allowed ? line(row.allowed) : null);
  };

  // The variants without a point, each with its status.
  function notDrawn(rows, points) {
    const without = rows.filter((row) => !points.some((point) => point.row.variant === row.variant));
    return distinct("variant", without).map((variant) => {
      const row = without.find((one) => one.variant === variant);
      return `${row.name} ${row.dtype} (${row.status === "passed" ? "no number" : row.status})`;
    });
  }

  // The note above the panels; `groups` are the panels with their lines and backdrops.
  paragone.chartNote = function (rows, groups) {
    const { metric, problem } = view.chosen;
    const points = groups.flatMap(({ lines }) => lines.flatMap((line) => line.points));
    const has = (what) => groups.some(({ backdrop }) => backdrop[what].length);
    const bands = points.some(({ low }) => low !== null) ? data.captions.intervals : "";
    const isOneLaunch = points.every(({ row }) => row.n_launches <= 1);
    const median = isOneLaunch ? "One launch: the median of its rounds." : `Median over launches. ${bands}`;
    const unverified = distinct("name", points.map(({ row }) => row).filter((row) => row.status === "not checked"));
    const absent = notDrawn(rows, points);
    const list = (what, names) => (names.length ? data.captions[what].replace("{}", () => names.join(", ")) : "");
    return [
      metric === "ratio" ? paragone.ratioNote(rows) : paragone.metric().note || METRIC_NOTES[metric]?.(paragone.wordsOf(problem)) || median,
      COMPARED.includes(metric) ? data.noise[problem] : "",
      has("limit") ? data.captions.limit : "",
      has("noise") ? data.captions.noise : "",
      data.keys[problem],
      list("not_verified", unverified),
      list("not_drawn", absent),
    ].map((sentence) => sentence.trim()).filter(Boolean).join(" ");
  };
})(window.paragone);
