// The charts of a cell: its samples in run order, and their distribution in each launch.
"use strict";

(function (paragone) {
  const { element, format } = paragone;
  const HUES = 8; // --launch-0 … of cell.css
  const SYMBOLS = ["circle", "rect", "triangle", "diamond"];
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
  const drawings = new Map(); // box → function that returns its chart options
  let isListening = false;

  const colour = (place) => getComputedStyle(document.documentElement).getPropertyValue(`--launch-${place % HUES}`).trim();

  // The name of a launch beside its colour.
  paragone.swatch = function (place, title) {
    return element("span", { class: `launch launch-${place % HUES}` }, title);
  };

  function figure(label, caption, draw) {
    const box = element("div", { class: "chart", role: "img", "aria-label": label });
    drawings.set(box, draw);
    return element("figure", {}, box, element("figcaption", {}, caption));
  }

  // Draw the charts of a container that is in the page, and again when its width or the theme changes.
  paragone.drawCell = function (container) {
    for (const box of [...drawings.keys()]) if (!container.contains(box)) forget(box);
    redraw();
    if (isListening) return;
    isListening = true;
    for (const event of ["resize", "beforeprint", "afterprint"]) window.addEventListener(event, redraw);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  };

  // "200 of 15 385 timed samples", where the page has not all of them; else "".
  paragone.drawnShare = function ({ launches }) {
    const count = (number) => launches.reduce((sum, launch) => sum + number(launch), 0);
    const [drawn, all] = [count((launch) => launch.samples.length), count((launch) => launch.n_timed)];
    return drawn < all ? `${format.size(drawn)} of ${format.size(all)} timed samples` : "";
  };

  function forget(box) {
    drawings.delete(box);
    const chart = echarts.getInstanceByDom(box);
    if (chart) chart.dispose();
  }

  function redraw() {
    for (const [box, draw] of drawings) {
      if (!box.isConnected || !box.clientWidth) continue;
      const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: "svg" });
      chart.resize();
      chart.setOption(draw(paragone.theme()), true);
    }
  }

  function frame(theme, xAxis, yAxis, tip) {
    const axis = (more) => ({
      type: "value", axisLine: { lineStyle: { color: theme.softInk } }, splitLine: { lineStyle: { color: theme.grid } },
      nameLocation: "middle", nameTextStyle: { color: theme.softInk, fontFamily: FONT }, ...more,
      axisLabel: { color: theme.softInk, fontFamily: FONT, fontSize: 12, hideOverlap: true, ...more.axisLabel },
    });
    return {
      animation: false, textStyle: { fontFamily: FONT, color: theme.ink },
      grid: { left: 70, right: 14, top: 24, bottom: 46, outerBoundsMode: "none" },
      xAxis: axis({ nameGap: 28, ...xAxis }), yAxis: axis({ axisLine: { show: false }, ...yAxis }),
      tooltip: {
        trigger: "item", confine: true, backgroundColor: theme.surface, borderColor: theme.softInk,
        textStyle: { color: theme.ink, fontFamily: FONT, fontSize: 13 }, formatter: (point) => tip(point),
      },
    };
  }

  // A tooltip of text nodes, so that no text can become markup.
  const lines = (...texts) => element("div", { class: "tip" }, texts.map((text) => element("div", {}, text)));

  const rateAxis = (name, values, more) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = 0.06 * (high - low || high);
    return { name, min: low - room, max: high + room, axisLabel: { formatter: (value) => format.rate(value), showMinLabel: false, showMaxLabel: false }, ...more };
  };

  // The baseline's samples of the same rounds, scaled to the median of this cell: drift that both share becomes visible.
  function baselinePoints(cell, placed) {
    const others = new Map(cell.baseline.flatMap((launch) => launch.samples.map((sample) => [`${launch.key} ${sample.round}`, sample.step_seconds])));
    const pairs = placed.filter(({ launch, sample }) => launch.counts && others.has(`${launch.key} ${sample.round}`));
    if (!pairs.length) return { points: [], scale: null };
    const { median } = paragone.cellMaths;
    const scale = median(pairs.map(({ launch, sample }) => others.get(`${launch.key} ${sample.round}`))) / median(pairs.map(({ sample }) => sample.step_seconds));
    const points = pairs.map(({ x, launch, sample }) => [x, cell.rate(others.get(`${launch.key} ${sample.round}`) / scale), sample.round, launch.title]);
    return { points, scale };
  }

  paragone.samplesChart = function (cell) {
    let x = 0;
    const placed = cell.launches.flatMap((launch) => launch.samples.map((sample) => ({ x: ++x, launch, sample })));
    const { points, scale } = baselinePoints(cell, placed);
    const medians = cell.launches.map((launch) => (launch.step_seconds ? cell.rate(launch.step_seconds) : null));
    const spans = cell.launches.map((launch) => placed.filter((point) => point.launch === launch).map((point) => point.x));
    const y = placed.map(({ sample }) => cell.rate(sample.step_seconds));
    const drawn = paragone.drawnShare(cell);
    const label = `${format.capitalised(cell.words.per_second)} of ${drawn || format.plural(placed.length, "sample")} in run order. Launch medians: ` +
      cell.launches.map((launch, place) => `${launch.title}: ${format.rate(medians[place])}`).join("; ");
    const thinned = drawn ? ` ${drawn} are drawn: evenly spaced ones, and of each launch the fastest and the slowest; medians are of all, which are in samples.jsonl.` : "";
    const caption = `Each point is a timed sample; a band is one launch, the line in it its median.${thinned}${points.length ? ` Grey: the samples of ${cell.baselineName} in the same rounds, speeds × ${format.significant(scale)} so that the medians agree; a drift that both show comes from the machine.` : ""}`;
    return figure(label, caption, (theme) => ({
      ...frame(theme, { name: drawn ? "sample drawn, in run order" : "sample, in run order", min: 0.5, max: Math.max(placed.length, 1) + 0.5, minInterval: 1, splitLine: { show: false }, axisLabel: { showMinLabel: false, showMaxLabel: false } },
        rateAxis(cell.words.rate, [...y, ...points.map((point) => point[1])], { nameGap: 50 }), (point) => tipOfSample(cell, point)),
      series: [
        { type: "scatter", name: "baseline", data: points, symbolSize: 6, color: theme.softInk, itemStyle: { opacity: 0.45 }, z: 1 },
        ...cell.launches.flatMap((launch, place) => launchSeries(cell, launch, place, spans[place], medians[place], placed, theme)),
      ],
    }));
  };

  function launchSeries(cell, launch, place, span, median, placed, theme) {
    if (!span.length) return [];
    const [begin, end] = [span[0] - 0.5, span[span.length - 1] + 0.5];
    const band = place % 2 ? "transparent" : theme.noise || theme.grid;
    const data = placed.filter((point) => point.launch === launch).map((point) => [point.x, cell.rate(point.sample.step_seconds), point.sample.round, point.sample.position, point.sample.at_s, point.sample.elapsed_ns]);
    const opacity = launch.counts ? 1 : 0.35;
    return [
      { type: "scatter", name: launch.title, data, z: 3, symbol: SYMBOLS[place % 4], symbolSize: 8, color: colour(place), itemStyle: { opacity },
        markArea: { silent: true, itemStyle: { color: band }, label: { color: theme.softInk, fontFamily: FONT, fontSize: 11 },
          data: [[{ name: String(launch.launch + 1), xAxis: begin }, { xAxis: end }]] } },
      { type: "line", name: `${launch.title}, median`, data: median ? [[begin + 0.1, median], [end - 0.1, median]] : [], z: 2, symbol: "none", silent: true,
        lineStyle: { color: colour(place), width: 2, opacity } },
    ];
  }

  function tipOfSample(cell, { seriesName, value }) {
    if (seriesName === "baseline") return lines(`${cell.baselineName}, ${value[3]}, round ${value[2] + 1}`, "scaled to the same median");
    return lines(`${seriesName}, round ${value[2] + 1}`, format.rateWithUnit(value[1], cell.words.rate, 4), `${format.seconds(value[5] / 1e9)} for the sample`, `${value[3] + 1}. of its round, ${value[4]} s into the run`);
  }

  paragone.ecdfChart = function (cell) {
    // [speed, samples up to it], rising. Of a launch that is drawn in part, quantiles of all its samples stand for it:
    // between two of them lie equally many.
    const weighted = (launch) => {
      const times = launch.quantiles || launch.elapsed_ns;
      const between = (launch.n_timed - 1) / Math.max(1, times.length - 1);
      return [...times].sort((a, b) => b - a).map((ns, place) => [cell.rate(ns / 1e9 / launch.n_steps), place ? between : 1]);
    };
    const speeds = (launches) => launches.flatMap(weighted).sort(([a], [b]) => a - b);
    const all = speeds(cell.counting);
    const count = cell.counting.reduce((sum, launch) => sum + launch.n_timed, 0);
    const low = all[0][0], high = all[all.length - 1][0], room = 0.06 * (high - low || high);
    // A step up at every sample, from 0 left of the first to 1 right of the last.
    const end = (...value) => ({ value, symbol: "none" });
    const staircase = (points) => {
      const total = points.reduce((sum, [, weight]) => sum + weight, 0);
      let below = 0;
      return [end(low - room, 0), ...points.map(([speed, weight]) => [speed, (below += weight) / total]), end(high + room, 1)];
    };
    const quantiles = cell.counting.find((launch) => launch.quantiles)?.quantiles.length;
    const share = staircase(all);
    const middle = quantiles ? share.slice(1, -1).find(([, up]) => up >= 0.5)[0] : paragone.cellMaths.median(all.map(([speed]) => speed));
    const label = `Share of samples up to each speed. All ${count} samples: from ${format.rate(low)} over ${format.rate(middle)} in the middle to ${format.rateWithUnit(high, cell.words.rate)}.`;
    const thinned = quantiles ? ` Of a launch whose samples are not all drawn, ${quantiles} quantiles of all of them are.` : "";
    const caption = `The share of a launch's samples up to each speed (ECDF). Lines far apart are launches that differ; the thick line is all launches together.${thinned}`;
    return figure(label, caption, (theme) => ({
      ...frame(theme, rateAxis(cell.words.rate, [low, high], { splitNumber: 4 }), { name: "share of samples", min: 0, max: 1, nameGap: 40 },
        ({ seriesName, value }) => lines(seriesName, `${format.percent(value[1])} of the samples up to ${format.rateWithUnit(value[0], cell.words.rate, 4)}`)),
      series: [
        ...cell.counting.map((launch) => ({
          type: "line", step: "end", name: launch.title, data: staircase(speeds([launch])), z: 2, symbol: SYMBOLS[launch.place % 4], symbolSize: 5, showAllSymbol: true,
          color: colour(launch.place), lineStyle: { width: 1.5 },
        })),
        { type: "line", step: "end", name: "all launches", data: share, z: 1, symbol: "none", color: theme.ink, lineStyle: { width: 3, opacity: 0.55 } },
      ],
    }));
  };
})(window.paragone);
