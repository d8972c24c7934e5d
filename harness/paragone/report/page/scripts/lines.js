// What a panel draws: a line for each variant that has numbers, and the backdrop, which is the limit and the A/A noise.
"use strict";

(function (paragone) {
  const { data, distinct, view } = paragone;
  const THROUGHPUTS = ["rate", data.shared_words.all_data, "share"];
  const rename = ({ value, low, high }) => ({ y: value, low, high });
  const bySize = (a, b) => a - b;

  // The variants of these rows, the best at the largest size first; those without a number there by the next smaller one.
  paragone.inOrder = function (rows) {
    const sizes = distinct("size", rows).sort(bySize).reverse();
    const sign = paragone.metric().moreIsBetter ? -1 : 1;
    const keys = new Map(distinct("variant", rows).map((variant) => [variant, sizes.map((size) => {
      const row = rows.find((one) => one.variant === variant && one.size === size);
      const value = row ? paragone.estimate(row).value : null;
      return value === null || value === undefined ? Infinity : sign * value;
    })]));
    const compare = (one, other) => one.map((key, place) => [key, other[place]]).find(([a, b]) => a !== b);
    return [...keys].sort(([, one], [, other]) => {
      const [a, b] = compare(one, other) || [0, 0];
      return a < b ? -1 : Number(a > b);
    }).map(([variant]) => variant);
  };

  // A line for each variant of `rows`, all of one dtype. A value of 0 is left out: it has no place on a log axis.
  paragone.linesOf = function (rows) {
    return paragone.inOrder(rows).map((variant) => {
      const own = rows.filter((row) => row.variant === variant);
      const points = own.map((row) => ({ row, x: row.size, ...rename(paragone.estimate(row)) }))
        .filter((point) => point.y > 0).sort((a, b) => a.x - b.x);
      return { variant, name: own[0].name, dtype: own[0].dtype, style: own[0].style, points };
    }).filter((line) => line.points.length);
  };

  // The machine's limit in the unit of the metric, at each size where any cell has one.
  function limitOf(rows) {
    if (!THROUGHPUTS.includes(view.chosen.metric)) return [];
    const known = rows.filter((row) => row.limit_work_per_second !== null && row.work_per_second !== null);
    return distinct("size", known).sort(bySize).map((size) => {
      const row = known.find((one) => one.size === size);
      const atLimit = {
        ...row, work_per_second: row.limit_work_per_second,
        seconds_per_pass: (row.seconds_per_pass * row.work_per_second) / row.limit_work_per_second,
      };
      return { x: size, y: paragone.metric().of(atLimit).value };
    });
  }

  // The A/A margin around the run's own baseline, where the metric is a speed or a ratio to that baseline.
  function noiseOf(rows) {
    const own = rows.filter((row) => row.variant === data.baselines[row.dtype] && row.margin !== null);
    const isRatio = view.chosen.metric === "ratio" && own.every((row) => paragone.baselineOf(row) === row);
    if (!isRatio && !THROUGHPUTS.includes(view.chosen.metric)) return [];
    return paragone.linesOf(own).flatMap((line) => line.points)
      .map(({ x, y, row }) => ({ x, low: y / (1 + row.margin), high: y * (1 + row.margin) }));
  }

  paragone.backdrop = (rows) => ({
    limit: limitOf(rows), noise: noiseOf(rows), isCeiling: view.chosen.metric !== data.shared_words.all_data,
  });
})(window.paragone);
