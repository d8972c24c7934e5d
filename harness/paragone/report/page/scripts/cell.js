// The page of one cell: every number of its row, with the numbers it was computed from.
"use strict";

(function (paragone) {
  const { element, format } = paragone;

  const median = (values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  };
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const numbers = (values, write) => values.map(write).join(", ");
  const known = (value) => value !== null && value !== undefined;

  function launchesOf(data, index) {
    const several = new Set(data.details[index].launches.map(([wave]) => wave)).size > 1;
    return data.details[index].launches.map((values, place) => {
      const launch = Object.fromEntries(data.launch_columns.map((name, number) => [name, values[number]]));
      const title = `launch ${launch.launch + 1}${launch.attempt ? `, attempt ${launch.attempt + 1}` : ""}${several ? `, wave ${launch.wave + 1}` : ""}`;
      const key = `${launch.wave} ${launch.launch} ${launch.attempt}`;
      const samples = launch.elapsed_ns.map((elapsed_ns, number) => ({
        elapsed_ns, step_seconds: elapsed_ns / 1e9 / launch.n_steps, round: launch.round[number],
        position: launch.position[number], at_s: launch.at_s[number],
      }));
      return { ...launch, place, title, key, samples, counts: !launch.rejected && samples.length > 0 };
    });
  }

  // A cell: its row, its launches, those of the baseline, and its workers.
  function cellOf(data, index) {
    const detail = data.details[index];
    const launches = launchesOf(data, index);
    const counting = launches.filter((launch) => launch.counts);
    const entering = counting.filter((launch) => launch.enters);
    const row = data.rows[index];
    return {
      row, detail, launches, counting, entering, usable: entering.length ? entering : counting,
      baseline: known(detail.baseline) && detail.baseline !== index ? launchesOf(data, detail.baseline) : [],
      baselineName: known(detail.baseline) ? data.rows[detail.baseline].variant : "",
      workers: workersOf(data.details[detail.workers_in]), versions: data.details[detail.workers_in].versions,
      words: paragone.wordsOf(row.problem), rate: (step_seconds) => row.work / step_seconds,
    };
  }

  // Threads and build info are packed only where they differ from those of the worker before.
  function workersOf({ workers }) {
    let last = {};
    return workers.map((worker) => (last = { ...worker, found: worker.found || last.found, build_info: worker.build_info || last.build_info }));
  }

  // How the interval was made: Student's t on the logarithms of one number from each launch.
  function intervalFormula(values, t) {
    const logs = values.map(Math.log);
    const n = logs.length;
    if (n < 2) return "one launch cannot show how much launches differ: no interval";
    const s = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean(logs)) ** 2, 0) / (n - 1));
    return `95 %: exp(mean ± t·s/√n) of the logarithms of these ${n} numbers, t = ${format.significant(t, 4)}, s = ${format.significant(s)}`;
  }

  // [name, value, interval, derivation]. Values are computed again from the launch medians, and compared with the table.
  function derivations(cell, data) {
    const { row, usable, entering, counting, rate, words } = cell;
    const found = [];
    const add = (what, value, interval, made) => found.push([what, value, interval, made]);
    const t = (data.t || [])[entering.length - 2];
    const steps = usable.map((launch) => launch.step_seconds);
    if (usable.length) {
      const step = median(steps);
      const made = steps.length > 1 ? `the median of ${steps.length} launch medians: ${numbers(steps, format.seconds)}` : "the median of the only launch";
      add("seconds per step", format.seconds(step), "", `${made}${differing(step, row.seconds_per_step, format.seconds)}`);
      add(words.per_second, format.rate(rate(step)), format.interval(row.work_per_second_low, row.work_per_second_high, format.rate),
        `${workOf(cell)} / ${format.seconds(step)}; ${intervalFormula(entering.map((launch) => launch.step_seconds), t)}`);
      if (known(row.seconds_per_pass)) {
        const steps = Math.round(row.seconds_per_pass / row.seconds_per_step);
        add(`seconds per ${words.all_data}`, format.seconds(row.seconds_per_pass), "", `${format.seconds(step)} × ${format.size(steps)} steps`);
      }
      const best = Math.min(...counting.flatMap((launch) => launch.samples.map((sample) => sample.step_seconds)));
      add(`best ${words.per_second}`, format.rate(rate(best)), "", `the fastest of ${row.n_samples} samples: ${format.seconds(best)} per step`);
      add("spread within a launch", format.percent(row.spread), "", `1.4826 × median distance from the median, relative; median of ${numbers(usable.map((launch) => launch.spread), format.percent)}`);
    }
    const cold = counting.filter((launch) => launch.cold_ns.length);
    if (cold.length && known(row.cold_seconds)) {
      add("first call", format.seconds(row.cold_seconds), "", `median of the launches' first calls: ${numbers(cold.map((launch) => launch.cold_ns[0] / 1e9), format.seconds)}; ${format.ratio(row.cold_ratio)} the time of as many steps later`);
    }
    if (known(row.share_of_limit)) {
      add("share of the limit", format.percent(row.share_of_limit), "", `${format.rate(row.work_per_second)} of ${format.rateWithUnit(row.limit_work_per_second, words.rate)}, what this machine's products and memory allow`);
    }
    if (known(row.ratio_to_baseline)) add("ratio to the baseline", ...ratioOf(cell, data));
    if (row.verdict) add("verdict", row.verdict, "", known(row.margin) ? `margin ${format.percent(row.margin)}, from the A/A control` : "");
    if (known(row.peak_memory_mb)) {
      const above = known(row.memory_above_loaded_mb) ? `; ${format.megabytes(row.memory_above_loaded_mb)} above the loaded state` : "";
      add("peak memory", format.megabytes(row.peak_memory_mb), "", `one untimed process; loaded ${format.megabytes(row.loaded_memory_mb)}${above}`);
    }
    if (known(row.error)) add("error", row.error.toExponential(2), "", `bound ${row.bound.toExponential(2)}: of all checks the one that came closest to it`);
    for (const [name, error] of Object.entries(cell.detail.shown_errors)) {
      add(`error in the case ${name}`, format.error(error), "", "this case is shown and not judged");
    }
    return found;
  }

  // The work of a step. Where that is the number of its size, the size says it.
  function workOf({ row, words }) {
    return row.work === row.size ? `${words.size} ${format.size(row.size)}` : `${format.size(row.work)} ${words.unit}`;
  }

  function ratioOf(cell, data) {
    const { row } = cell;
    if (cell.detail.baseline === row.index) return [format.ratio(row.ratio_to_baseline), "", "it is the baseline"];
    const paired = cell.launches.filter((launch) => known(launch.ratio));
    const ratios = paired.map((launch) => launch.ratio);
    const value = Math.exp(mean(ratios.map(Math.log)));
    const made = `the geometric mean of ${format.plural(ratios.length, "launch")}: ${numbers(ratios, format.ratio)}; each the median over the rounds (of an even ` +
      `number the geometric mean of the middle two) of ${cell.baselineName}'s time per step over this one's; ${intervalFormula(ratios, (data.t || [])[ratios.length - 2])}`;
    return [format.ratio(row.ratio_to_baseline), format.interval(row.ratio_low, row.ratio_high, format.ratio), made + differing(value, row.ratio_to_baseline, format.ratio)];
  }

  // "" where the two agree, as they must.
  function differing(found, stated, write) {
    return known(stated) && Math.abs(found / stated - 1) <= 1e-4 ? "" : ` — the table says ${known(stated) ? write(stated) : format.MISSING}`;
  }

  // A table whose first column heads the rows, with its caption above.
  function table(caption, headings, rows, isNumber, kind = null) {
    const as = (place) => ({ class: isNumber(place) ? "number" : null });
    const head = element("tr", {}, headings.map((heading, place) => element("th", { scope: "col", ...as(place) }, heading)));
    const body = rows.map(([first, ...others]) => element("tr", {}, element("th", { scope: "row" }, first),
      others.map((value, place) => element("td", { ...as(place + 1), "data-label": headings[place + 1] }, value ?? format.MISSING))));
    return element("div", {}, element("p", { class: "note" }, caption),
      element("div", { class: "scroll", role: "region", "aria-label": caption },
        element("table", { class: kind, "aria-label": caption }, element("thead", {}, head), element("tbody", {}, body))));
  }

  const section = (heading, ...content) => element("section", {}, element("h3", {}, heading), content);

  function launchTable(cell) {
    const rows = cell.launches.map((launch) => [
      paragone.swatch(launch.place, launch.title), launch.n_samples ?? launch.n_timed, format.seconds(launch.step_seconds),
      format.rate(known(launch.step_seconds) ? cell.rate(launch.step_seconds) : null), format.percent(launch.spread),
      known(launch.ratio) ? `${format.ratio(launch.ratio)} (${launch.n_pairs})` : format.MISSING,
      launch.cold_ns.map((ns) => format.seconds(ns / 1e9)).join(", "), launch.warmup_ns.map((ns) => format.seconds(ns / 1e9)).join(", "),
      format.significant(launch.cpu_over_wall), launch.rejected || (launch.enters === 0 ? "too few rounds for an interval" : ""),
    ]);
    return table("One fresh process each; medians of its timed samples. Cold and warm-up samples are never averaged in.",
      ["launch", "samples", "s/step", cell.words.rate, "spread", "ratio (rounds)", "cold call", "warm-up", "CPU/wall", "note"], rows, (place) => place > 0 && place < 9);
  }

  function sampleTable(cell) {
    const rows = cell.launches.flatMap((launch) => launch.samples.map((sample) => [
      launch.title, sample.round + 1, sample.position + 1, sample.at_s, sample.elapsed_ns, format.seconds(sample.step_seconds), format.rate(cell.rate(sample.step_seconds), 4),
    ]));
    const steps = [...new Set(cell.launches.map((launch) => launch.n_steps))].join(" or ");
    const drawn = paragone.drawnShare(cell);
    return element("details", {}, element("summary", {}, `${drawn || `All ${format.plural(rows.length, "timed sample")}`} as numbers`),
      table(`In run order; a sample is ${steps} steps. Place: its turn in the round among all cells.`,
        ["launch", "round", "place", "s since start", "elapsed ns", "s/step", cell.words.rate], rows, (place) => place > 0));
  }

  function checks(cell) {
    const rows = cell.detail.checks.map(([stage, launches, status, error, bound, steps, reason]) => [
      stage, launches.length ? `launch ${launches.map((launch) => launch + 1).join(", ")}` : "pilot", status,
      known(error) ? error.toExponential(2) : format.MISSING, known(bound) ? bound.toExponential(2) : format.MISSING, steps ?? format.MISSING, reason]);
    if (!rows.length) return element("p", {}, "No verification was recorded.");
    return table(`Error: ${cell.words.error}. Head: first steps; sample: a whole sample, ${cell.words.stages}.`,
      ["stage", "when", "status", "error", "bound", "steps", "reason"], rows, (place) => place > 2 && place < 6);
  }

  function workers(cell) {
    if (!cell.workers.length) return [element("p", {}, "No worker of this variant was launched.")];
    const rows = cell.workers.map((worker) => [
      `launch ${worker.launch + 1}${worker.attempt ? `, attempt ${worker.attempt + 1}` : ""}${worker.wave ? `, wave ${worker.wave + 1}` : ""}`,
      worker.cpus.join(", "), ...["start", "load", "setup", "verify", "warmup"].map((part) => format.seconds(worker[`${part}_seconds`])),
      format.significant(worker.cpu_over_wall), format.seconds(worker.waiting_cpu_seconds), format.megabytes(worker.memory_mb), [worker.status, worker.reason].filter(Boolean).join(": ")]);
    const distinct = [...new Set(cell.workers.map((worker) => JSON.stringify([worker.found || [], worker.build_info || []])))];
    const pairs = distinct.map(JSON.parse).flatMap(([found, build]) => [...(found.length ? [["threads found", found]] : []), ...build]);
    return [
      table(`The workers of this variant: they serve every ${cell.words.one_size}. Waiting CPU: what it used while others were measured.`,
        ["launch", "CPUs", "start", "load", "set-up", "verify", "warm-up", "CPU/wall", "waiting CPU", "memory loaded", "ended"], rows, (place) => place > 0 && place < 10),
      element("dl", {}, [...pairs, ["versions of the harness's environment", cell.versions]].flatMap(([name, value]) =>
        [element("dt", {}, name), element("dd", {}, [value].flat().map((line) => element("div", {}, line)))])),
    ];
  }

  function neighbours(index, data) {
    const link = (place, label, rel) => {
      const row = data.rows[place];
      return row ? element("a", { href: `#cell-${place}`, rel }, label(`${row.name}, ${paragone.wordsOf(row.problem).at_size} ${format.size(row.size)}`)) : element("span", {});
    };
    return element("nav", { class: "neighbours", "aria-label": "Other cells" },
      link(index - 1, (name) => `← ${name}`, "prev"), link(index + 1, (name) => `${name} →`, "next"));
  }

  // Replace the content of the container by the page of cell `index` of `data.rows`.
  paragone.showCell = function (container, index, data) {
    const cell = cellOf(data, index);
    const { row, detail } = cell;
    const about = [row.problem, row.dtype, format.plural(row.threads, "thread"), row.language, row.layout].filter(Boolean).join(" · ");
    const made = derivations(cell, data);
    container.replaceChildren(element("div", {},
      neighbours(index, data),
      element("h2", {}, `${row.name}, ${paragone.wordsOf(row.problem).at_size} ${format.size(row.size)}`),
      element("p", { class: "note" }, element("code", {}, row.variant), ` · ${about}`),
      element("p", { class: "status" }, `Verification: ${row.status}${row.reason ? `: ${row.reason}` : ""}`),
      made.length ? table("Every number of the table, and how it was made", ["number", "value", "95 %", "made from"], made, (place) => place === 1 || place === 2, "made") : null,
      cell.launches.length ? section("Samples in run order", paragone.samplesChart(cell)) : null,
      cell.counting.length ? section("Distribution in each launch", paragone.ecdfChart(cell)) : null,
      cell.launches.length ? section("Launches", launchTable(cell), sampleTable(cell)) : null,
      section("Verification", checks(cell)),
      section("Workers and their environment", ...workers(cell)),
      section("Repeat it", paragone.command("Measure this cell again, beside the baseline and its A/A control", detail.bench),
        paragone.command("Only verify it", detail.verify)),
      section("Source, as it was when the run began", paragone.sourceOf(row.implementation, data.sources)),
      neighbours(index, data),
    ));
    paragone.drawCell(container);
  };
  paragone.cellMaths = { median, mean };
})(window.paragone);
