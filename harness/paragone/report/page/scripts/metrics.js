// The metrics of a cell: for each its value, its interval, how it is written, and which direction is better.
"use strict";

(function (paragone) {
  const { rows, baselines, t } = paragone.data;
  const { format, view } = paragone;
  const place = (row, variant) => [row.problem, row.size, row.threads, variant].join("\n");
  const byPlace = new Map(rows.map((row) => [place(row, row.variant), row]));
  const words = () => paragone.wordsOf(view.chosen.problem);
  const plain = (column) => (row) => ({ value: row[column] });

  // The metric of one use of all data, by the word for that; no family of kernels has one.
  const allData = paragone.data.shared_words.all_data;

  // The errors of results, and of each case that is shown and not judged; a family may show none.
  const beside = paragone.data.shared_words.beside_speed;
  const cases = beside ? [...new Set(paragone.data.details.flatMap(({ shown_errors }) => Object.keys(shown_errors)))] : [];
  const errors = (title, note, of) => ({ title, note: `${format.capitalised(words().error)}. ${note}`, write: format.error, moreIsBetter: false, of });
  const errorOfCase = (name) => errors(`${format.capitalised(beside)}, case ${name} (not judged)`,
    `The case ${name} is shown and not judged.`, (row) => ({ value: paragone.data.details[row.index].shown_errors[name] ?? null }));

  const METRICS = {
    rate: {
      get title() { return format.capitalised(words().per_second); }, write: (rate) => format.rateOf(rate, words().rate), tick: format.rate,
      interval: format.rateInterval, moreIsBetter: true,
      of: (row) => ({ value: row.work_per_second, low: row.work_per_second_low, high: row.work_per_second_high }),
    },
    ...(allData && { [allData]: {
      title: `Seconds per ${allData}`, write: format.seconds, moreIsBetter: false,
      of: (row) => scaled(row, (rate) => (row.seconds_per_pass * row.work_per_second) / rate),
    } }),
    ratio: { title: "Ratio to a baseline", write: format.ratio, interval: format.ratioInterval, moreIsBetter: true, of: ratioTo },
    share: {
      title: "Share of the machine's limit", write: format.percent, moreIsBetter: true,
      of: (row) => scaled(row, (rate) => rate / row.limit_work_per_second, row.limit_work_per_second),
    },
    cold: { title: "Cold first call", write: format.seconds, moreIsBetter: false, of: plain("cold_seconds") },
    cold_ratio: {
      title: "Cold first call, times its steady time", write: format.ratio, moreIsBetter: false, of: plain("cold_ratio"),
    },
    memory: {
      title: "Memory above the loaded state", write: format.megabytes, moreIsBetter: false, of: plain("memory_above_loaded_mb"),
    },
    peak: { title: "Peak memory", write: format.megabytes, moreIsBetter: false, of: plain("peak_memory_mb") },
    ...(beside && { [beside]: errors(format.capitalised(beside),
      "Of all checks of a cell, the one that came closest to what is allowed.", (row) => ({ value: row.status === "passed" ? row.error : null })) }),
    ...Object.fromEntries(cases.map((name) => [`${beside}-${name}`, errorOfCase(name)])),
  };

  // A quantity computed from the rate. Where it falls as the rate rises, the ends of the interval are swapped.
  function scaled(row, from, isKnown = true) {
    const rates = [row.work_per_second, row.work_per_second_low, row.work_per_second_high];
    const [value, ...ends] = rates.map((rate) => (rate === null || !isKnown ? null : from(rate)));
    const [low, high] = ends.includes(null) ? [null, null] : ends.sort((a, b) => a - b);
    return { value, low, high };
  }

  // The row to compare with: of the run's own baseline, of a variant by its name in the same dtype, or of one variant for all.
  function baselineOf(row) {
    const chosen = view.chosen.baseline;
    if (!chosen) return byPlace.get(place(row, baselines[row.dtype])) || null;
    if (byPlace.has(place(row, chosen))) return byPlace.get(place(row, chosen));
    const sameDtype = (other) => other.name === chosen && other.dtype === row.dtype && place(other, "") === place(row, "");
    return rows.find((other) => !other.control && sameDtype(other)) || null;
  }

  function ratioTo(row) {
    const other = baselineOf(row);
    if (!other) return { value: null };
    if (isOwn(row, other)) {
      return { value: row.ratio_to_baseline, low: row.ratio_low, high: row.ratio_high };
    }
    return row.status === "passed" && other.status === "passed" ? acrossLaunches(row, other) : { value: null };
  }

  // Student's t over launches on the log-ratios of launch medians. Computed here because any variant may be the baseline;
  // the point is the centre of the interval.
  function acrossLaunches(row, other) {
    if (row === other) return { value: 1, low: 1, high: 1 };
    const logs = pairs(row, other).map(([mine, its]) => Math.log(its / mine));
    if (!logs.length) return { value: null };
    const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
    if (logs.length < 2) return { value: Math.exp(mean), low: null, high: null };
    const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1);
    const reach = t[logs.length - 2] * Math.sqrt(variance / logs.length);
    return { value: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach) };
  }

  // Pairs of launch medians: of launches that shared their rounds if there are any, else in the order of the waves.
  function pairs(row, other) {
    const others = new Map(other.launches.map(({ key, step_seconds }) => [key, step_seconds]));
    const together = row.launches.filter(({ key }) => others.has(key));
    if (together.length) return together.map(({ key, step_seconds }) => [step_seconds, others.get(key)]);
    return row.launches.slice(0, other.launches.length)
      .map(({ step_seconds }, place) => [step_seconds, other.launches[place].step_seconds]);
  }

  const isOwn = (row, other) => other.variant === baselines[row.dtype];

  // A sentence on how the ratios of these rows were formed.
  function ratioNote(shown) {
    const others = shown.map((row) => [row, baselineOf(row)]).filter(([, other]) => other);
    if (others.every(([row, other]) => isOwn(row, other))) {
      if (shown.every((row) => row.n_launches <= 1)) return "Above 1 is faster. Formed within rounds; one launch has no intervals.";
      return "Above 1 is faster. Formed within rounds, interval by Student's t over launches: the numbers behind the " +
        "verdicts.";
    }
    return "Above 1 is faster. Formed from the medians of the launches, interval by Student's t over launches on their " +
      "log-ratios: coarser than within rounds, and without a verdict, which is known for the run's own baseline only.";
  }

  paragone.metrics = METRICS;
  paragone.metric = () => METRICS[view.chosen.metric];
  paragone.estimate = (row) => ({ low: null, high: null, ...paragone.metric().of(row) });
  paragone.intervalOf = ({ low, high, value }) => {
    const { interval, write } = paragone.metric();
    return format.optionalPair(low, high, interval || format.pair(write), value);
  };
  paragone.baselineOf = baselineOf;
  paragone.ratioNote = ratioNote;
})(window.paragone);
